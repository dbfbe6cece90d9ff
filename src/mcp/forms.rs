//! The two JSON forms of an entry, and pages of them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::reply::Reply;
use crate::domain::{Data, Entry, EntryId, EntrySummary, Page, SummaryDetail, Tags, Timestamp};
use crate::service::{Entries, Found};

/// Whose data an answer holds: there is one value, and it is said so that a reader knows where a text comes from.
pub(super) const OWN: &str = "own";

/// A page of entries.
#[derive(Serialize, JsonSchema)]
pub(super) struct EntryPage {
    /// The entries, in order.
    entries: Vec<EntryForm>,
    #[serde(flatten)]
    part: Part,
    /// Whose entries these are.
    owner_scope: &'static str,
}

/// All of a list of entries.
#[derive(Serialize, JsonSchema)]
pub(super) struct EntryList {
    /// The entries, in order.
    entries: Vec<EntryForm>,
    /// Whose entries these are.
    owner_scope: &'static str,
}

/// A page of events.
#[derive(Serialize, JsonSchema)]
pub(super) struct EventPage<T> {
    /// The events, newest first.
    entries: Vec<T>,
    #[serde(flatten)]
    part: Part,
}

/// Which part of a list a page is.
#[derive(Serialize, JsonSchema)]
pub(super) struct Part {
    /// How many were asked for at most.
    limit: u64,
    /// How many were skipped.
    offset: u64,
    /// Whether there are more.
    has_more: bool,
    /// How many were left out to stay within `max_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
    /// The offset to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<u64>,
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
    /// A score to order by, of one search alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) similarity: Option<f64>,
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
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    learned_from: Option<String>,
    #[serde(flatten)]
    detail: Detail,
    #[serde(flatten)]
    reads: Option<ReadCount>,
    /// A score to order by, of one search alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) similarity: Option<f64>,
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
impl Reply for FullEntry {}
impl<T: Serialize + JsonSchema + Send + 'static> Reply for EventPage<T> {}

impl Reply for EntryList {
    /// A bare array, as clients know it.
    fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.entries)
    }
}

impl EntryPage {
    /// Found entries, those that have one with their score.
    pub(super) fn found(found: Found, counts: ReadCounts) -> Self {
        let mut page = Self::new(found.entries, counts);
        if found.scores.is_empty() {
            return page;
        }
        for form in &mut page.entries {
            let (id, similarity) = match form {
                EntryForm::Full(entry) => (&entry.id, &mut entry.similarity),
                EntryForm::Listed(entry) => (&entry.id, &mut entry.similarity),
            };
            let score = found.scores.get(&EntryId::from(id.as_str()));
            *similarity = score.map(|score| shown(score.score));
        }

        page
    }

    pub(super) fn new(entries: Entries, counts: ReadCounts) -> Self {
        let (forms, part): (Vec<_>, _) = match entries {
            Entries::Full(page) => {
                let part = Part::of(&page);
                let forms = page.items.into_iter().map(FullEntry::from);
                (forms.map(EntryForm::Full).collect(), part)
            }
            Entries::List(page) => {
                let part = Part::of(&page);
                let forms = page.items.into_iter();
                let forms = forms.map(|summary| ListedEntry::new(summary, counts));
                (forms.map(EntryForm::Listed).collect(), part)
            }
        };

        Self {
            entries: forms,
            part,
            owner_scope: OWN,
        }
    }
}

impl EntryList {
    pub(super) fn full(entries: Vec<Entry>) -> Self {
        let forms = entries.into_iter().map(FullEntry::from);

        Self {
            entries: forms.map(EntryForm::Full).collect(),
            owner_scope: OWN,
        }
    }

    pub(super) fn listed(entries: Vec<Entry>) -> Self {
        let forms = entries
            .into_iter()
            .map(|entry| ListedEntry::new(entry.into(), ReadCounts::Hidden));

        Self {
            entries: forms.map(EntryForm::Listed).collect(),
            owner_scope: OWN,
        }
    }
}

impl<T> From<Page<T>> for EventPage<T> {
    fn from(page: Page<T>) -> Self {
        Self {
            part: Part::of(&page),
            entries: page.items,
        }
    }
}

impl Part {
    pub(super) fn of<T>(page: &Page<T>) -> Self {
        let is_cut = page.left_out > 0;
        let next = page.request.offset + page.items.len() as u64;

        Self {
            limit: page.request.limit,
            offset: page.request.offset,
            has_more: page.has_more,
            left_out: is_cut.then_some(page.left_out),
            next_offset: is_cut.then_some(next),
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
            similarity: None,
        }
    }
}

impl FullEntry {
    pub(super) fn id_and_description(&self) -> (&str, &str) {
        let description = self.data.get("description").and_then(Value::as_str);

        (&self.id, description.unwrap_or_default())
    }
}

impl ListedEntry {
    pub(super) fn id_and_description(&self) -> (&str, &str) {
        (&self.id, &self.description)
    }

    pub(super) fn new(summary: EntrySummary, counts: ReadCounts) -> Self {
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
            learned_from: summary.learned_from,
            detail: summary.detail.into(),
            reads: (counts == ReadCounts::Shown).then_some(ReadCount {
                read_count: summary.read_count,
                last_read: summary.last_read,
            }),
            similarity: None,
        }
    }
}

/// Scores are shown with four decimals.
pub(super) fn shown(score: f64) -> f64 {
    (score * 10_000.0).round() / 10_000.0
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
