//! What is remembered: notes, patterns, contexts.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Caller, Error, Invalid, Service, Taken, language};
use crate::domain::{
    Changes, Condition, Data, Entry, EntryId, EntryType, Language, Tags, Timestamp,
};
use crate::store::Identity;

/// What `learned_from` says when the caller does not.
const CONVERSATION: &str = "conversation";

/// Days a context may live: a hundred years.
const MOST_DAYS: i64 = 36_500;

/// A permanent fact to remember.
#[derive(Clone, Debug)]
pub struct NewNote {
    /// What it is about.
    pub source: String,
    /// The fact, in a sentence or two.
    pub description: String,
    /// Labels.
    pub tags: Tags,
    /// More, if there is more.
    pub content: Option<String>,
    /// Media type of the content; default `text/plain`.
    pub content_type: Option<String>,
    /// Where it comes from; default `conversation`.
    pub learned_from: Option<String>,
    /// What a later call updates it by; none means always a new note.
    pub logical_key: Option<String>,
    /// Its language; detected if not given.
    pub language: Option<Language>,
    /// Entries it belongs with.
    pub related_ids: Option<Vec<EntryId>>,
}

/// A rule to remember: when this, expect that.
#[derive(Clone, Debug)]
pub struct NewPattern {
    /// What it is about; empty holds everywhere.
    pub source: String,
    /// The rule.
    pub description: String,
    /// Labels.
    pub tags: Tags,
    /// When it holds.
    pub conditions: Data,
    /// What is then to be expected.
    pub effect: String,
    /// Where it comes from; default `conversation`.
    pub learned_from: Option<String>,
    /// Its language; detected if not given.
    pub language: Option<Language>,
    /// Entries it belongs with.
    pub related_ids: Option<Vec<EntryId>>,
}

/// A fact that passes.
#[derive(Clone, Debug)]
pub struct NewContext {
    /// What it is about.
    pub source: String,
    /// The fact.
    pub description: String,
    /// Labels.
    pub tags: Tags,
    /// Days until it expires, from 1.
    pub expires_days: i64,
    /// Its language; detected if not given.
    pub language: Option<Language>,
    /// Entries it belongs with.
    pub related_ids: Option<Vec<EntryId>>,
}

/// An entry that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub id: EntryId,
    /// When it expires.
    pub expires: Option<Timestamp>,
}

/// What an upsert did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upserted {
    /// There was none: a new entry.
    Created(EntryId),
    /// There was one: it has what was sent, whether that changed anything or not.
    Updated(EntryId),
}

/// What remembering did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// What became of the note.
    pub outcome: Upserted,
    /// A note of the same source that says almost the same as a new one.
    pub similar_to: Option<EntryId>,
}

impl Service {
    /// Remembers a fact. With a logical key the note that holds it is updated, and what was replaced goes into its
    /// history. A note that says almost what an earlier one says is a note all the same; the caller is told.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] when the key belongs to an entry of another type.
    pub async fn remember(&self, caller: &Caller, note: NewNote) -> Result<Remembered, Error> {
        let mut entry = self.new_entry(EntryType::Note, &note.source, &note.tags);
        entry
            .data
            .insert("description".to_owned(), note.description.clone().into());
        entry.data.insert(
            "learned_from".to_owned(),
            learned_from(note.learned_from.as_ref()),
        );
        if let Some(content) = &note.content {
            let content_type = note.content_type.as_deref().unwrap_or("text/plain");
            entry
                .data
                .insert("content".to_owned(), content.as_str().into());
            entry
                .data
                .insert("content_type".to_owned(), content_type.into());
        }
        relate(&mut entry, note.related_ids.as_deref());
        entry.logical_key = note.logical_key.clone().filter(|key| !key.is_empty());

        let unmapped = language::settle(&mut entry, note.language);
        Invalid::check_keys(&entry)?;

        let similar = self.near_duplicate(caller, &entry).await;
        let transaction = self.write(caller).await?;
        let (outcome, unmapped) = transaction
            .insert_or_update(&entry, unmapped, |held, changes| note.apply(held, changes))
            .await?;
        transaction.commit().await?;
        self.tidy_up();
        self.note_language(caller, unmapped).await;

        let is_new = matches!(outcome, Upserted::Created(_));
        Ok(Remembered {
            outcome,
            similar_to: similar.filter(|_| is_new),
        })
    }

    /// Remembers a rule; always a new entry.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when a condition could never be evaluated.
    pub async fn learn_pattern(
        &self,
        caller: &Caller,
        pattern: NewPattern,
    ) -> Result<Written, Error> {
        Condition::parse(&pattern.conditions).map_err(|error| {
            Invalid::new(
                "conditions",
                Value::Object(pattern.conditions.clone()),
                error.to_string(),
            )
        })?;

        let mut entry = self.new_entry(EntryType::Pattern, &pattern.source, &pattern.tags);
        entry.data = Data::from_iter([
            ("description".to_owned(), pattern.description.into()),
            ("conditions".to_owned(), Value::Object(pattern.conditions)),
            ("effect".to_owned(), pattern.effect.into()),
            (
                "learned_from".to_owned(),
                learned_from(pattern.learned_from.as_ref()),
            ),
        ]);
        relate(&mut entry, pattern.related_ids.as_deref());

        self.insert_described(caller, entry, pattern.language).await
    }

    /// Remembers a fact that passes; always a new entry.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the days are out of range.
    pub async fn add_context(
        &self,
        caller: &Caller,
        context: NewContext,
    ) -> Result<Written, Error> {
        let mut entry = self.new_entry(EntryType::Context, &context.source, &context.tags);
        entry.expires = Some(expiry(
            entry.created,
            "expires_days",
            context.expires_days,
            MOST_DAYS,
            TimeDelta::try_days,
        )?);
        entry
            .data
            .insert("description".to_owned(), context.description.into());
        relate(&mut entry, context.related_ids.as_deref());

        self.insert_described(caller, entry, context.language).await
    }
}

impl NewNote {
    /// Brings an existing note to what was sent; what was not sent stays.
    fn apply(&self, held: &mut Entry, changes: &mut Changes) {
        set_tags(held, &self.tags, changes);
        changes.set(&mut held.data, "description", self.description.as_str());
        if let Some(content) = &self.content {
            changes.set(&mut held.data, "content", content.as_str());
            let content_type = self.content_type.as_deref().unwrap_or("text/plain");
            if self.content_type.is_some() || held.data.get("content_type").is_none() {
                changes.set(&mut held.data, "content_type", content_type);
            }
        }
        set_details(
            held,
            self.learned_from.as_deref(),
            self.language,
            self.related_ids.as_deref(),
            changes,
        );
    }
}

/// Sets what any text entry may carry beside its text, as far as it was sent.
pub(super) fn set_details(
    held: &mut Entry,
    learned_from: Option<&str>,
    language: Option<Language>,
    related_ids: Option<&[EntryId]>,
    changes: &mut Changes,
) {
    if let Some(origin) = learned_from {
        changes.set(&mut held.data, "learned_from", origin);
    }
    if let Some(language) = language {
        language::set(held, language, changes);
        held.is_language_given = true;
    }
    if let Some(ids) = related_ids {
        let related = related_json(&held.id, ids);
        // To name none is no change where there is none.
        if related != json!([]) || held.data.contains_key("related_ids") {
            changes.set(&mut held.data, "related_ids", related);
        }
    }
}

pub(super) fn set_tags(held: &mut Entry, tags: &Tags, changes: &mut Changes) {
    if held.tags != *tags {
        changes.note("tags", held.tags.to_json());
        held.tags = tags.clone();
    }
}

pub(super) fn relate(entry: &mut Entry, related_ids: Option<&[EntryId]>) {
    if let Some(ids) = related_ids.filter(|ids| !ids.is_empty()) {
        let related = related_json(&entry.id, ids);
        entry.data.insert("related_ids".to_owned(), related);
    }
}

/// The ids an entry belongs with, as they are stored; an entry is never related to itself.
fn related_json(own: &EntryId, ids: &[EntryId]) -> Value {
    Tags::new(ids.iter().filter(|id| *id != own).map(EntryId::as_str)).to_json()
}

pub(super) fn learned_from(given: Option<&String>) -> Value {
    Value::from(given.map_or(CONVERSATION, String::as_str))
}

/// Adds a number of units to a time, refusing what is out of range.
pub(super) fn expiry(
    from: Timestamp,
    param: &'static str,
    units: i64,
    most: i64,
    span: impl FnOnce(i64) -> Option<TimeDelta>,
) -> Result<Timestamp, Invalid> {
    Some(units)
        .filter(|units| (1..=most).contains(units))
        .and_then(span)
        .and_then(|span| from.checked_add(span))
        .ok_or_else(|| Invalid::out_of_range(param, units, 1, most))
}

/// Says who holds an identity.
pub(super) fn taken(identity: &Identity, holder: &Entry) -> Taken {
    let what = match identity {
        Identity::LogicalKey { source, key } => format!("logical key `{key}` in source `{source}`"),
        Identity::Status { source } => format!("the status of source `{source}`"),
        Identity::Alert { source, alert_id } => format!("alert `{alert_id}` of source `{source}`"),
        Identity::Schema { family, version } => format!("schema `{family}:{version}`"),
        Identity::Preference { key, scope } => format!("preference `{key}` in scope `{scope}`"),
    };

    Taken {
        what,
        existing_id: holder.id.clone(),
        existing_type: holder.entry_type,
    }
}
