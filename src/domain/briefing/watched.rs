//! What a briefing is made of, as far as it matters to one.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::FiredIntention;
use crate::domain::{Condition, EntryId, Tags, Timestamp};

/// Everything an owner watches.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The status of each source.
    pub statuses: Vec<StatusReport>,
    /// Alerts that are neither resolved nor expired.
    pub alerts: Vec<LiveAlert>,
    /// Suppressions that have not expired.
    pub silences: Vec<Silence>,
    /// Patterns that can explain an alert.
    pub expectations: Vec<Expectation>,
    /// Intentions that this briefing fires.
    pub fired: Vec<FiredIntention>,
    /// Intentions that go on waiting.
    pub pending: u64,
    /// Entries that are malformed and left out.
    pub skipped: Vec<EntryId>,
}

/// The last report of a source.
#[derive(Clone, Debug)]
pub struct StatusReport {
    /// Who reported.
    pub source: String,
    /// When.
    pub reported: Timestamp,
    /// Seconds until the report is stale; none is never.
    pub ttl_seconds: Option<f64>,
}

/// An alert that is going on.
#[derive(Clone, Debug)]
pub struct LiveAlert {
    /// Where.
    pub source: String,
    /// Its labels.
    pub tags: Tags,
    /// When it was last reported.
    pub touched: Timestamp,
    /// How serious it is, as stored.
    pub level: Option<String>,
    /// What the reporter calls it.
    pub alert_id: String,
    /// What was measured.
    pub metric: Option<String>,
    /// What to tell a person.
    pub message: String,
}

/// A suppression.
#[derive(Clone, Debug)]
pub struct Silence {
    /// Where; empty is everywhere.
    pub source: String,
    /// Alerts with one of these; none is any.
    pub tags: Tags,
    /// Alerts of this metric; none is any.
    pub metric: Option<String>,
    /// Up to this severity.
    pub severity: i8,
    /// Whether a more serious alert breaks through.
    pub escalates: bool,
}

/// A pattern that can explain an alert.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Where; empty is everywhere.
    pub source: String,
    /// The words it shares with the alerts it explains.
    pub words: HashSet<String>,
    /// When it holds.
    pub condition: Condition,
}

impl LiveAlert {
    /// How serious the alert is: [`severity`] of its level, a missing level counting as a warning.
    pub(super) fn severity(&self) -> i8 {
        severity(self.level.as_deref().unwrap_or("warning"))
    }
}

impl StatusReport {
    /// Seconds since the report if it is stale: strictly older than its time to live.
    pub(super) fn stale_for(&self, now: Timestamp) -> Option<i64> {
        let age = now.utc().signed_duration_since(self.reported.utc());
        let ttl = self.ttl_seconds?;

        (seconds(age) > ttl).then(|| age.num_seconds())
    }
}

impl Silence {
    pub(super) fn concerns(&self, source: &str) -> bool {
        self.source.is_empty() || self.source == source
    }
}

impl Expectation {
    pub(super) fn holds_at(&self, now: DateTime<Utc>) -> bool {
        self.condition.holds_at(now)
    }
}

/// The rank of a level: info 0, warning 1, critical 2, anything else -1.
#[must_use]
pub fn severity(level: &str) -> i8 {
    match level {
        "info" => 0,
        "warning" => 1,
        "critical" => 2,
        _ => -1,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an age in microseconds is exact up to 285 years"
)]
fn seconds(span: chrono::TimeDelta) -> f64 {
    span.num_microseconds().unwrap_or(i64::MAX) as f64 / 1e6
}
