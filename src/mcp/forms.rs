//! The two JSON forms of an entry, and pages of them.

use schemars::JsonSchema;
use serde::Serialize;

use super::reply::Reply;
use crate::domain::{Data, Entry, EntrySummary, Page, SummaryDetail, Tags, Timestamp};
use crate::service::Entries;

/// A page of entries.
#[derive(Serialize, JsonSchema)]
pub(super) struct EntryPage {
    /// The entries, in order.
    entries: Vec<EntryForm>,
    /// How many were asked for at most.
    limit: u64,
    /// How many were skipped.
    offset: u64,
    /// Whether there are more.
    has_more: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum EntryForm {
    Full(FullEntry),
    Listed(ListedEntry),
}

/// A whole entry.
#[derive(Serialize, JsonSchema)]
pub(super) struct FullEntry {
    id: String,
    #[serde(rename = "type")]
    entry_type: &'static str,
    source: String,
    #[schemars(with = "Vec<String>")]
    tags: Tags,
    created: Timestamp,
    updated: Option<Timestamp>,
    expires: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<Timestamp>,
    data: Data,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
}

/// A summary of an entry.
#[derive(Serialize, JsonSchema)]
pub(super) struct ListedEntry {
    id: String,
    #[serde(rename = "type")]
    entry_type: &'static str,
    source: String,
    #[schemars(with = "Vec<String>")]
    tags: Tags,
    description: String,
    created: Timestamp,
    updated: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_key: Option<String>,
    #[serde(flatten)]
    detail: Detail,
    #[serde(flatten)]
    reads: Option<ReadCount>,
}

#[derive(Default, Serialize, JsonSchema)]
struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct ReadCount {
    read_count: u64,
    last_read: Option<Timestamp>,
}

/// Whether a summary shows how often the entry was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadCounts {
    Shown,
    Hidden,
}

impl Reply for EntryPage {}

impl EntryPage {
    pub(super) fn new(entries: Entries, counts: ReadCounts) -> Self {
        match entries {
            Entries::Full(page) => {
                Self::from_forms(page.map(|entry| EntryForm::Full(entry.into())))
            }
            Entries::List(page) => Self::from_forms(
                page.map(|summary| EntryForm::Listed(ListedEntry::new(summary, counts))),
            ),
        }
    }

    fn from_forms(page: Page<EntryForm>) -> Self {
        Self {
            entries: page.items,
            limit: page.request.limit,
            offset: page.request.offset,
            has_more: page.has_more,
        }
    }
}

impl From<Entry> for FullEntry {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id.into_string(),
            entry_type: entry.entry_type.as_str(),
            source: entry.source,
            tags: entry.tags,
            created: entry.created,
            updated: entry.updated,
            expires: entry.expires,
            deleted: entry.deleted,
            data: entry.data,
            logical_key: entry.logical_key,
            language: (!entry.language.is_simple()).then(|| entry.language.name()),
        }
    }
}

impl ListedEntry {
    fn new(summary: EntrySummary, counts: ReadCounts) -> Self {
        Self {
            id: summary.id.into_string(),
            entry_type: summary.entry_type.as_str(),
            source: summary.source,
            tags: summary.tags,
            description: summary.description,
            created: summary.created,
            updated: summary.updated,
            deleted: summary.deleted,
            logical_key: summary.logical_key,
            detail: summary.detail.into(),
            reads: (counts == ReadCounts::Shown).then_some(ReadCount {
                read_count: summary.read_count,
                last_read: summary.last_read,
            }),
        }
    }
}

impl From<SummaryDetail> for Detail {
    fn from(detail: SummaryDetail) -> Self {
        match detail {
            SummaryDetail::None => Self::default(),
            SummaryDetail::Alert {
                alert_id,
                level,
                resolved,
            } => Self {
                alert_id: Some(alert_id),
                level: Some(level),
                resolved: Some(resolved),
                ..Self::default()
            },
            SummaryDetail::Intention { goal, state } => Self {
                goal: Some(goal),
                state: Some(state),
                ..Self::default()
            },
        }
    }
}
