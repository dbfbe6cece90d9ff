//! The entry: one envelope for everything that is remembered.

use serde_json::{Map, Value};

use super::{EntryId, EntryType, Language, Tags, Timestamp};

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
