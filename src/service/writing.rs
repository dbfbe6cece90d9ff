//! Writing entries: every change of one goes through here, so that its vector goes with it.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};

use super::embedding::Kept;
use super::knowledge::{Upserted, Written, taken};
use super::{Caller, Error, Invalid, Service, language};
use crate::domain::{Changes, Entry, EntryType, Language, Owner, Tags, Unmapped, telling_text};
use crate::store::{Access, Identity, Transaction};

/// A transaction that writes entries of a caller.
pub(super) struct Writing<'s> {
    service: &'s Service,
    transaction: Transaction,
    owner: Owner,
    /// Whether entries are to be embedded once they are written.
    has_waiting: AtomicBool,
}

impl Service {
    /// Begins to write.
    pub(super) async fn write(&self, caller: &Caller) -> Result<Writing<'_>, Error> {
        Ok(Writing {
            service: self,
            transaction: self.store.begin(&caller.owner, Access::Write).await?,
            owner: caller.owner.clone(),
            has_waiting: AtomicBool::new(false),
        })
    }

    pub(super) fn new_entry(&self, entry_type: EntryType, source: &str, tags: &Tags) -> Entry {
        let now = self.now();
        let mut entry = Entry::new(self.new_id(now), entry_type, source, now);
        entry.tags = tags.clone();

        entry
    }

    /// Stores a new entry that has no identity to share.
    pub(super) async fn insert(&self, caller: &Caller, entry: &Entry) -> Result<Written, Error> {
        Invalid::check_keys(entry)?;
        let transaction = self.write(caller).await?;
        transaction.insert(entry).await?;
        transaction.commit().await?;
        self.tidy_up();

        Ok(Written {
            id: entry.id.clone(),
            expires: entry.expires,
        })
    }

    /// As [`Service::insert`], in the language that was given or the one its text seems to be in.
    pub(super) async fn insert_described(
        &self,
        caller: &Caller,
        mut entry: Entry,
        given: Option<Language>,
    ) -> Result<Written, Error> {
        let unmapped = language::settle(&mut entry, given);
        let written = self.insert(caller, &entry).await?;
        self.note_language(caller, unmapped).await;

        Ok(written)
    }
}

impl Writing<'_> {
    /// Stores a new entry as it is.
    pub(super) async fn insert(&self, entry: &Entry) -> Result<(), Error> {
        self.entries().insert(entry).await?;

        self.embed(entry).await
    }

    /// Stores a new entry unless its identity is taken; returns the entry that holds it then.
    pub(super) async fn insert_or_find(
        &self,
        entry: &Entry,
        identity: &Identity,
    ) -> Result<Option<Entry>, Error> {
        let held = self.entries().insert_or_find(entry, identity).await?;
        if held.is_none() {
            self.embed(entry).await?;
        }

        Ok(held)
    }

    /// Writes an entry that was found.
    pub(super) async fn update(&self, entry: &Entry) -> Result<(), Error> {
        self.entries().update(entry).await?;

        self.embed(entry).await
    }

    /// Lets `apply` change an entry that was found, and writes it with what was replaced in its history. Nothing is
    /// written when nothing differs. Returns the language of a new text if it has no analysis.
    pub(super) async fn change(
        &self,
        held: &mut Entry,
        apply: impl FnOnce(&mut Entry, &mut Changes),
    ) -> Result<Option<Unmapped>, Error> {
        let (text, was_given) = (telling_text(held), held.is_language_given);
        let mut changes = Changes::default();
        apply(held, &mut changes);
        let unmapped = language::follow(held, &text, &mut changes);

        if !changes.is_empty() {
            let now = self.service.now();
            changes.append_to(&mut held.data, now);
            held.updated = Some(now);
        } else if held.is_language_given == was_given {
            return Ok(None);
        }
        self.update(held).await?;

        Ok(unmapped)
    }

    /// Stores a new entry, or lets `apply` change the one that holds its logical key. Returns with it the language that
    /// has no analysis: the one found of the new entry, or that of the changed one.
    pub(super) async fn insert_or_update(
        &self,
        entry: &Entry,
        unmapped: Option<Unmapped>,
        apply: impl FnOnce(&mut Entry, &mut Changes),
    ) -> Result<(Upserted, Option<Unmapped>), Error> {
        let created = Upserted::Created(entry.id.clone());
        let Some(key) = entry.logical_key.clone() else {
            self.insert(entry).await?;
            return Ok((created, unmapped));
        };
        let identity = Identity::LogicalKey {
            source: entry.source.clone(),
            key,
        };
        let Some(mut held) = self.insert_or_find(entry, &identity).await? else {
            return Ok((created, unmapped));
        };
        if held.entry_type != entry.entry_type {
            return Err(taken(&identity, &held).into());
        }
        let unmapped = self.change(&mut held, apply).await?;

        Ok((Upserted::Updated(held.id), unmapped))
    }

    /// Makes every change permanent.
    pub(super) async fn commit(self) -> Result<(), Error> {
        self.transaction.commit().await?;
        if self.has_waiting.into_inner() {
            self.service.embed_queue.wake(&self.owner);
        }

        Ok(())
    }

    async fn embed(&self, entry: &Entry) -> Result<(), Error> {
        let embeddings = self.transaction.embeddings();
        let now = self.service.now();

        let kept = self.service.embedder.keep(&embeddings, entry, now).await?;
        if kept == Kept::Later {
            self.has_waiting.store(true, Ordering::Relaxed);
        }

        Ok(())
    }
}

impl Deref for Writing<'_> {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.transaction
    }
}
