//! Writing entries: every change of one goes through here, so that its vector goes with it.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};

use super::embedding::Kept;
use super::{Caller, Error, Service};
use crate::domain::{Entry, Owner};
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
