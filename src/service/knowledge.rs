//! What is remembered: notes, patterns, contexts, and finding them again.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::language::{self, Resolved};
use super::{Caller, Error, Invalid, Service, Taken};
use crate::domain::{
    CHANGELOG, Changes, Condition, Data, Entry, EntryId, EntrySummary, EntryType, Language, Page,
    PageRequest, Tags, Timestamp,
};
use crate::store::{Access, EntryFilter, Expired, Identity, Order};

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

/// What to do with the history of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum History {
    /// Leave it out.
    #[default]
    Hidden,
    /// Show it.
    Shown,
    /// Show it, and only entries that have one.
    Only,
}

/// Which form a list takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Whole entries.
    #[default]
    Full,
    /// Summaries.
    List,
}

/// Which entries are wanted; all that is named must hold.
#[derive(Clone, Debug, Default)]
pub struct KnowledgeQuery {
    /// About this, exactly.
    pub source: Option<String>,
    /// With all of these tags.
    pub tags: Tags,
    /// Of this type; else notes, patterns, contexts and preferences.
    pub entry_type: Option<EntryType>,
    /// With or without history.
    pub history: History,
    /// Touched then or later.
    pub since: Option<Timestamp>,
    /// Touched then or earlier.
    pub until: Option<Timestamp>,
    /// Created then or later.
    pub created_after: Option<Timestamp>,
    /// Created then or earlier.
    pub created_before: Option<Timestamp>,
    /// Learned from this, exactly.
    pub learned_from: Option<String>,
    /// In this language.
    pub language: Option<Language>,
    /// Also what has expired.
    pub include_expired: bool,
    /// Whole entries or summaries.
    pub shape: Shape,
    /// Which part.
    pub page: PageRequest,
}

/// A page of entries in the form asked for.
#[derive(Clone, Debug)]
pub enum Entries {
    /// Whole entries.
    Full(Page<Entry>),
    /// Summaries.
    List(Page<EntrySummary>),
}

impl Service {
    /// Remembers a fact. With a logical key the note that holds it is updated, and what was replaced goes into its
    /// history.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] when the key belongs to an entry of another type.
    pub async fn remember(&self, caller: &Caller, note: NewNote) -> Result<Upserted, Error> {
        let texts = [
            note.description.as_str(),
            note.content.as_deref().unwrap_or_default(),
        ];
        let resolved = language::resolve(note.language, &texts);
        let mut entry =
            self.new_entry(EntryType::Note, &note.source, &note.tags, resolved.language);
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

        let outcome = self
            .insert_or_update(caller, entry, |held, changes| note.apply(held, changes))
            .await?;
        self.note_language(caller, resolved).await;

        Ok(outcome)
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

        let texts = [pattern.description.as_str(), pattern.effect.as_str()];
        let resolved = language::resolve(pattern.language, &texts);
        let mut entry = self.new_entry(
            EntryType::Pattern,
            &pattern.source,
            &pattern.tags,
            resolved.language,
        );
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

        self.insert_described(caller, entry, resolved).await
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
        let resolved = language::resolve(context.language, &[&context.description]);
        let mut entry = self.new_entry(
            EntryType::Context,
            &context.source,
            &context.tags,
            resolved.language,
        );
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

        self.insert_described(caller, entry, resolved).await
    }

    /// Finds entries, last touched first, and logs what it returns as read. Summaries carry the number of reads, this
    /// one included.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_knowledge(
        &self,
        caller: &Caller,
        query: &KnowledgeQuery,
        tool: &'static str,
    ) -> Result<Entries, Error> {
        let filter = query.filter(self.now());
        let mut entries = self
            .list_and_log(caller, &filter, query.shape, query.page, tool)
            .await?;
        if let (Entries::Full(page), History::Hidden) = (&mut entries, query.history) {
            for entry in &mut page.items {
                entry.data.remove(CHANGELOG);
            }
        }

        Ok(entries)
    }

    /// Finds one active entry.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn find_entry(&self, caller: &Caller, id: &EntryId) -> Result<Option<Entry>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let entry = transaction
            .entries()
            .find(id, &EntryFilter::active())
            .await?;
        transaction.commit().await?;

        Ok(entry)
    }

    /// Lists entries, last touched first, in the form asked for, and logs them as read. Summaries count this read too.
    pub(super) async fn list_and_log(
        &self,
        caller: &Caller,
        filter: &EntryFilter,
        shape: Shape,
        page: PageRequest,
        tool: &'static str,
    ) -> Result<Entries, Error> {
        match shape {
            Shape::Full => {
                let page = self.list(caller, filter, Order::Touched, page).await?;
                self.log_reads(caller, page.items.iter().map(|entry| &entry.id), tool);
                Ok(Entries::Full(page))
            }
            Shape::List => {
                let counting = self.read_log.counting().await;
                let mut page = self
                    .list_summaries(caller, filter, Order::Touched, page)
                    .await?;
                let now = self.log_reads(caller, page.items.iter().map(|entry| &entry.id), tool);
                counting.add_pending(&caller.owner, &mut page.items, now);
                Ok(Entries::List(page))
            }
        }
    }

    /// Lists whole entries.
    pub(super) async fn list(
        &self,
        caller: &Caller,
        filter: &EntryFilter,
        order: Order,
        page: PageRequest,
    ) -> Result<Page<Entry>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let rows = transaction.entries().list(filter, order, page).await?;
        transaction.commit().await?;

        Ok(Page::from_rows(rows, page).fitted())
    }

    /// Lists summaries.
    pub(super) async fn list_summaries(
        &self,
        caller: &Caller,
        filter: &EntryFilter,
        order: Order,
        page: PageRequest,
    ) -> Result<Page<EntrySummary>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let rows = transaction
            .entries()
            .list_summaries(filter, order, page)
            .await?;
        transaction.commit().await?;

        Ok(Page::from_rows(rows, page).fitted())
    }

    pub(super) fn new_entry(
        &self,
        entry_type: EntryType,
        source: &str,
        tags: &Tags,
        language: Language,
    ) -> Entry {
        let now = self.now();
        let mut entry = Entry::new(self.new_id(now), entry_type, source, now);
        entry.tags = tags.clone();
        entry.language = language;

        entry
    }

    /// Stores a new entry that has no identity to share.
    pub(super) async fn insert(&self, caller: &Caller, entry: &Entry) -> Result<Written, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Write).await?;
        transaction.entries().insert(entry).await?;
        transaction.commit().await?;
        self.tidy_up();

        Ok(Written {
            id: entry.id.clone(),
            expires: entry.expires,
        })
    }

    pub(super) async fn insert_described(
        &self,
        caller: &Caller,
        entry: Entry,
        resolved: Resolved,
    ) -> Result<Written, Error> {
        let written = self.insert(caller, &entry).await?;
        self.note_language(caller, resolved).await;

        Ok(written)
    }

    /// Stores a new entry, or lets `apply` change the one that holds its logical key. Nothing is written when nothing
    /// differs.
    pub(super) async fn insert_or_update(
        &self,
        caller: &Caller,
        entry: Entry,
        apply: impl FnOnce(&mut Entry, &mut Changes),
    ) -> Result<Upserted, Error> {
        let Some(key) = entry.logical_key.clone() else {
            return self
                .insert(caller, &entry)
                .await
                .map(|written| Upserted::Created(written.id));
        };
        let identity = Identity::LogicalKey {
            source: entry.source.clone(),
            key,
        };

        let transaction = self.store.begin(&caller.owner, Access::Write).await?;
        let entries = transaction.entries();
        let Some(mut held) = entries.insert_or_find(&entry, &identity).await? else {
            transaction.commit().await?;
            self.tidy_up();
            return Ok(Upserted::Created(entry.id));
        };
        if held.entry_type != entry.entry_type {
            return Err(taken(&identity, &held).into());
        }

        let mut changes = Changes::default();
        apply(&mut held, &mut changes);
        if !changes.is_empty() {
            let now = self.now();
            changes.append_to(&mut held.data, now);
            held.updated = Some(now);
            entries.update(&held).await?;
        }
        transaction.commit().await?;

        Ok(Upserted::Updated(held.id))
    }

    /// Logs entries as read, never failing; returns the time logged.
    pub(super) fn log_reads<'a>(
        &self,
        caller: &Caller,
        ids: impl Iterator<Item = &'a EntryId>,
        tool: &'static str,
    ) -> Timestamp {
        let now = self.now();
        self.read_log.record(caller, ids, tool, now);

        now
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

impl KnowledgeQuery {
    fn filter(&self, now: Timestamp) -> EntryFilter {
        let mut filter = EntryFilter::active().tagged(&self.tags);
        filter = match self.entry_type {
            Some(entry_type) => filter.of_types([entry_type]),
            None => filter.of_types(EntryType::KNOWLEDGE.iter().copied()),
        };
        if !self.include_expired {
            filter = filter.expired(Expired::HiddenAt(now));
        }
        if self.history == History::Only {
            filter = filter.with_history();
        }
        if let Some(source) = &self.source {
            filter = filter.about(source);
        }
        if let Some(since) = self.since {
            filter = filter.touched_since(since);
        }
        if let Some(until) = self.until {
            filter = filter.touched_until(until);
        }
        if let Some(after) = self.created_after {
            filter = filter.created_since(after);
        }
        if let Some(before) = self.created_before {
            filter = filter.created_until(before);
        }
        if let Some(origin) = &self.learned_from {
            filter = filter.learned_from(origin);
        }
        if let Some(language) = self.language {
            filter = filter.in_language(language);
        }

        filter
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
    if let Some(language) = language.filter(|language| *language != held.language) {
        changes.note("language", held.language.name());
        held.language = language;
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
