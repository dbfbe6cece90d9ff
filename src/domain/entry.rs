//! The entry: one envelope for everything that is remembered.

use serde_json::{Map, Value};

use super::{Costed, EntryId, EntryType, Language, Tags, Timestamp};

/// The payload of an entry; its keys depend on the type.
pub type Data = Map<String, Value>;

/// The key of a trashed entry's data that holds the expiry it had before.
pub const ORIGINAL_EXPIRES: &str = "_original_expires";

/// One entry. Carries no owner: whoever holds it got it for one.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Set at creation, never changes.
    pub id: EntryId,
    /// What it is.
    pub entry_type: EntryType,
    /// What it is about.
    pub source: String,
    /// Labels to find it by.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed; `None` until then.
    pub updated: Option<Timestamp>,
    /// When it stops being shown; `None` is never. In the trash: when it is purged.
    pub expires: Option<Timestamp>,
    /// When it went to the trash; `None` is active.
    pub deleted: Option<Timestamp>,
    /// The payload.
    pub data: Data,
    /// What an upsert finds it by, within owner and source.
    pub logical_key: Option<String>,
    /// How its text is analysed.
    pub language: Language,
    /// Whether the caller gave the language; one that was detected follows the text.
    pub is_language_given: bool,
}

impl Entry {
    /// Makes an active, permanent entry without a key.
    #[must_use]
    pub fn new(
        id: EntryId,
        entry_type: EntryType,
        source: impl Into<String>,
        created: Timestamp,
    ) -> Self {
        Self {
            id,
            entry_type,
            source: source.into(),
            tags: Tags::default(),
            created,
            updated: None,
            expires: None,
            deleted: None,
            data: Data::new(),
            logical_key: None,
            language: Language::SIMPLE,
            is_language_given: false,
        }
    }

    /// The text under a key of the data, if there is one.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.data.get(key).and_then(Value::as_str)
    }

    /// When it was last touched: the change if there was one, else the creation.
    #[must_use]
    pub fn touched(&self) -> Timestamp {
        self.updated.unwrap_or(self.created)
    }
}

/// What every entry costs beside its texts: keys, id, times.
const FIXED_BYTES: usize = 260;

impl Costed for Entry {
    fn json_bytes(&self) -> usize {
        let data = serde_json::to_string(&self.data).map_or(0, |text| text.len());

        FIXED_BYTES + data + self.source.len() + tags_bytes(&self.tags)
    }
}

impl Costed for EntrySummary {
    fn json_bytes(&self) -> usize {
        let detail = match &self.detail {
            SummaryDetail::None => 0,
            SummaryDetail::Alert { alert_id, .. } => alert_id.len(),
            SummaryDetail::Intention { goal, .. } => goal.len(),
        };

        FIXED_BYTES + self.description.len() + detail + self.source.len() + tags_bytes(&self.tags)
    }
}

fn tags_bytes(tags: &Tags) -> usize {
    tags.as_slice().iter().map(|tag| tag.len() + 3).sum()
}

/// What a list shows of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySummary {
    /// Names the entry.
    pub id: EntryId,
    /// What it is.
    pub entry_type: EntryType,
    /// What it is about.
    pub source: String,
    /// Labels to find it by.
    pub tags: Tags,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Option<Timestamp>,
    /// When it went to the trash.
    pub deleted: Option<Timestamp>,
    /// What an upsert finds it by.
    pub logical_key: Option<String>,
    /// Where it comes from.
    pub learned_from: Option<String>,
    /// The description; of an alert without one, its message; else empty.
    pub description: String,
    /// What is specific to some types.
    pub detail: SummaryDetail,
    /// How often it was read, as far as the log is written.
    pub read_count: u64,
    /// When it was last read.
    pub last_read: Option<Timestamp>,
}

/// The part of a summary that only some types have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SummaryDetail {
    /// Nothing more.
    None,
    /// An alert.
    Alert {
        /// What the reporter calls it.
        alert_id: String,
        /// How serious it is, as stored.
        level: String,
        /// Whether it is over.
        resolved: bool,
    },
    /// An intention.
    Intention {
        /// What is to be done.
        goal: String,
        /// Where it stands, as stored.
        state: String,
    },
}

impl SummaryDetail {
    /// What a list shows of an entry's payload: its description, or what stands for it, and what its type has beside.
    ///
    /// `text` looks a key of the payload up; `resolved` is whether it says so.
    #[must_use]
    pub fn of(
        entry_type: EntryType,
        mut text: impl FnMut(&'static str) -> Option<String>,
        resolved: bool,
    ) -> (String, Self) {
        let description = text("description").unwrap_or_default();
        match entry_type {
            EntryType::Alert => {
                let description = if description.is_empty() {
                    text("message").unwrap_or_default()
                } else {
                    description
                };
                let detail = Self::Alert {
                    alert_id: text("alert_id").unwrap_or_default(),
                    level: text("level").unwrap_or_default(),
                    resolved,
                };
                (description, detail)
            }
            EntryType::Intention => {
                let detail = Self::Intention {
                    goal: text("goal").unwrap_or_default(),
                    state: text("state").unwrap_or_else(|| "pending".to_owned()),
                };
                (description, detail)
            }
            _ => (description, Self::None),
        }
    }
}

impl From<Entry> for EntrySummary {
    fn from(entry: Entry) -> Self {
        let resolved = entry.data.get("resolved") == Some(&Value::Bool(true));
        let text = |key| entry.text(key).map(str::to_owned);
        let (description, detail) = SummaryDetail::of(entry.entry_type, text, resolved);

        Self {
            id: entry.id,
            entry_type: entry.entry_type,
            source: entry.source,
            tags: entry.tags,
            created: entry.created,
            updated: entry.updated,
            deleted: entry.deleted,
            logical_key: entry.logical_key,
            learned_from: entry
                .data
                .get("learned_from")
                .and_then(Value::as_str)
                .map(str::to_owned),
            description,
            detail,
            read_count: 0,
            last_read: None,
        }
    }
}
