//! What a briefing says.

use std::collections::BTreeMap;

use crate::domain::{EntryId, Tags, Timestamp, Urgency, word_enum};

/// What needs attention now.
#[derive(Clone, Debug, PartialEq)]
pub struct Briefing {
    /// When it was worked out.
    pub generated: Timestamp,
    /// Every source with a status or a live alert, by name.
    pub sources: BTreeMap<String, SourceReport>,
    /// Alerts that remain after suppressions and patterns.
    pub active_alerts: u64,
    /// Suppressions in force, whether they silence anything or not.
    pub active_suppressions: u64,
    /// Whether there is anything to tell.
    pub attention_needed: bool,
    /// The intentions this briefing delivers, the most urgent first.
    pub fired_intentions: Vec<FiredIntention>,
    /// Intentions that go on waiting.
    pub pending_intentions: u64,
    /// How it came about.
    pub evaluation: Evaluation,
    /// One line about everything.
    pub summary: String,
    /// What to say to a person, if anything.
    pub suggested_mention: Option<String>,
}

word_enum! {
    /// How a source is.
    SourceState {
        /// All well.
        Ok = "ok",
        /// Something to mention.
        Warning = "warning",
        /// Something to interrupt for.
        Critical = "critical",
        /// Silent for too long, and no alert.
        Stale = "stale",
    }
}

/// How one source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceReport {
    /// Its worst live alert, else whether it is stale.
    pub state: SourceState,
    /// Whether its last report is too old, whatever its alerts.
    pub stale: bool,
    /// When it last reported; none if it never did.
    pub last_report: Option<Timestamp>,
    /// What to tell a person about it.
    pub headline: Option<String>,
}

/// An intention whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiredIntention {
    /// Names the entry.
    pub id: EntryId,
    /// What is to be done.
    pub goal: String,
    /// What it is about.
    pub source: String,
    /// Its labels.
    pub tags: Tags,
    /// How soon it matters.
    pub urgency: Urgency,
    /// When it was due.
    pub deliver_at: Timestamp,
}

/// How a briefing came about; `alerts_checked` is always `suppressed + pattern_matched + surfaced`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// Live alerts.
    pub alerts_checked: u64,
    /// Silenced by a suppression.
    pub suppressed: u64,
    /// Explained by a pattern.
    pub pattern_matched: u64,
    /// Sources that have been silent for too long.
    pub stale_sources: u64,
    /// Alerts that remain.
    pub surfaced: u64,
    /// Intentions that go on waiting.
    pub intentions_pending: u64,
    /// Intentions that this briefing delivers.
    pub intentions_fired: u64,
    /// Entries that are malformed and were left out.
    pub skipped: Vec<EntryId>,
}
