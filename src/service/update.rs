//! Changing an entry, with what was replaced kept in its history.

use serde_json::Value;

use super::knowledge::{set_details, set_tags, taken};
use super::records::{set_content, validate};
use super::{Caller, Error, Invalid, Service};
use crate::domain::{
    Changes, Entry, EntryId, EntryType, Language, Tags, Timestamp, content_text, is_too_long,
};
use crate::store::{Identity, Transaction};

/// What is to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct EntryUpdate {
    /// A new description.
    pub description: Option<String>,
    /// Another source.
    pub source: Option<String>,
    /// Other tags, in place of all.
    pub tags: Option<Tags>,
    /// New content: any JSON for a record, text for the others.
    pub content: Option<Value>,
    /// Media type of the content.
    pub content_type: Option<String>,
    /// Another language.
    pub language: Option<Language>,
    /// Other relations, in place of all.
    pub related_ids: Option<Vec<EntryId>>,
}

impl EntryUpdate {
    fn is_empty(&self) -> bool {
        self.description.is_none()
            && self.source.is_none()
            && self.tags.is_none()
            && self.content.is_none()
            && self.content_type.is_none()
            && self.language.is_none()
            && self.related_ids.is_none()
    }

    /// Refuses keys that are too long; an adopted entry may keep the ones it has.
    fn check_keys(&self) -> Result<(), Invalid> {
        let related = self.related_ids.iter().flatten();
        let too_long = [
            ("source", self.source.as_deref().is_some_and(is_too_long)),
            ("tags", self.tags.as_ref().is_some_and(Tags::is_too_long)),
            ("related_ids", related.map(EntryId::as_str).any(is_too_long)),
        ];

        match too_long.into_iter().find(|(_, is_too_long)| *is_too_long) {
            Some((param, _)) => Err(Invalid::too_long(param)),
            None => Ok(()),
        }
    }
}

impl Service {
    /// Changes an entry and returns when it was last changed. What is equal already is no change.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when nothing is to change; [`Error::NotFound`]; [`Error::Immutable`] for schemas, statuses,
    /// alerts and suppressions; [`Error::Taken`] when the key is taken in the new source; the errors of validation for
    /// a record's content.
    pub async fn update_entry(
        &self,
        caller: &Caller,
        id: &EntryId,
        update: EntryUpdate,
    ) -> Result<Option<Timestamp>, Error> {
        if update.is_empty() {
            return Err(Invalid::without_value(
                Some("content"),
                "nothing to change: give description, source, tags, content, content_type or language",
            )
            .into());
        }

        update.check_keys()?;

        let transaction = self.write(caller).await?;
        let Some(mut entry) = transaction.entries().find_for_update(id).await? else {
            return Err(not_found(id));
        };
        check_editable(&entry)?;
        if let (EntryType::Record, Some(content)) = (entry.entry_type, &update.content) {
            let pin = |key| entry.text(key).unwrap_or_default();
            validate(
                &transaction,
                &caller.owner,
                pin("schema_ref"),
                pin("schema_version"),
                content,
            )
            .await?;
        }

        if let Some(source) = &update.source {
            check_place(&transaction, &entry, source).await?;
        }
        let unmapped = transaction
            .change(&mut entry, |held, changes| apply(held, update, changes))
            .await?;
        transaction.commit().await?;
        self.tidy_up();
        self.note_language(caller, unmapped).await;

        Ok(entry.updated)
    }
}

/// Refuses a source in which another entry holds the key of this one.
async fn check_place(transaction: &Transaction, entry: &Entry, source: &str) -> Result<(), Error> {
    let Some(key) = entry
        .logical_key
        .clone()
        .filter(|_| *source != entry.source)
    else {
        return Ok(());
    };
    let identity = Identity::LogicalKey {
        source: source.to_owned(),
        key,
    };

    match transaction.entries().find_by_identity(&identity).await? {
        Some(holder) => Err(taken(&identity, &holder).into()),
        None => Ok(()),
    }
}

fn apply(entry: &mut Entry, update: EntryUpdate, changes: &mut Changes) {
    if let Some(source) = update.source.filter(|source| *source != entry.source) {
        changes.note("source", entry.source.as_str());
        entry.source = source;
    }
    if let Some(description) = update.description {
        changes.set(&mut entry.data, "description", description);
    }
    if let Some(tags) = update.tags {
        set_tags(entry, &tags, changes);
    }
    if let Some(content) = update.content {
        match entry.entry_type {
            EntryType::Record => set_content(&mut entry.data, content, changes),
            _ => changes.set(&mut entry.data, "content", content_text(content)),
        }
    }
    if let Some(content_type) = update.content_type {
        changes.set(&mut entry.data, "content_type", content_type);
    }
    set_details(
        entry,
        None,
        update.language,
        update.related_ids.as_deref(),
        changes,
    );
}

fn check_editable(entry: &Entry) -> Result<(), Error> {
    let instead = match entry.entry_type {
        EntryType::Schema => "register another version",
        EntryType::Status => "report the status again",
        EntryType::Alert => "report the alert again",
        EntryType::Suppression => "delete it and suppress again",
        _ => return Ok(()),
    };

    Err(Error::Immutable {
        entry_type: entry.entry_type,
        instead,
    })
}

fn not_found(id: &EntryId) -> Error {
    Error::NotFound {
        param: "entry_id",
        value: id.to_string(),
        message: "no such entry; statuses, alerts and suppressions cannot be edited".to_owned(),
    }
}
