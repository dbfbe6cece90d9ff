//! The briefing as clients know it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::reply::Reply;
use super::uri;
use crate::domain::briefing::{Briefing, Evaluation, FiredIntention, SourceReport, SourceState};
use crate::domain::{EntryId, Tags, Timestamp};

/// What needs attention now.
#[derive(Serialize, JsonSchema)]
pub(super) struct BriefingForm {
    generated: Timestamp,
    /// Always 0: a briefing is worked out when it is asked for.
    staleness_sec: u64,
    /// By source.
    sources: BTreeMap<String, SourceForm>,
    active_alerts: u64,
    active_suppressions: u64,
    /// Always empty.
    upcoming: Vec<String>,
    attention_needed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fired_intentions: Vec<FiredForm>,
    pending_intentions: u64,
    evaluation: EvaluationForm,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_mention: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct SourceForm {
    /// "ok", "warning", "critical" or "stale".
    status: &'static str,
    last_report: Option<Timestamp>,
    /// Its last report is too old, whatever its alerts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    headline: Option<String>,
    /// The resource with the details.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill_down: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct FiredForm {
    id: String,
    goal: String,
    source: String,
    #[schemars(with = "Vec<String>")]
    tags: Tags,
    urgency: &'static str,
    deliver_at: Timestamp,
}

#[derive(Serialize, JsonSchema)]
struct EvaluationForm {
    alerts_checked: u64,
    suppressed: u64,
    pattern_matched: u64,
    stale_sources: u64,
    surfaced: u64,
    intentions_pending: u64,
    intentions_fired: u64,
    /// Malformed entries that were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<String>,
}

impl Reply for BriefingForm {}

impl From<Briefing> for BriefingForm {
    fn from(briefing: Briefing) -> Self {
        Self {
            generated: briefing.generated,
            staleness_sec: 0,
            sources: briefing
                .sources
                .into_iter()
                .map(|(name, report)| {
                    let form = SourceForm::new(&name, report);
                    (name, form)
                })
                .collect(),
            active_alerts: briefing.active_alerts,
            active_suppressions: briefing.active_suppressions,
            upcoming: Vec::new(),
            attention_needed: briefing.attention_needed,
            fired_intentions: briefing
                .fired_intentions
                .into_iter()
                .map(FiredForm::from)
                .collect(),
            pending_intentions: briefing.pending_intentions,
            evaluation: briefing.evaluation.into(),
            summary: briefing.summary,
            suggested_mention: briefing.suggested_mention,
        }
    }
}

impl SourceForm {
    fn new(name: &str, report: SourceReport) -> Self {
        Self {
            status: report.state.as_str(),
            last_report: report.last_report,
            stale: report.stale,
            headline: report.headline,
            drill_down: match report.state {
                SourceState::Ok => None,
                SourceState::Stale => Some(uri::status_of(name)),
                SourceState::Warning | SourceState::Critical => Some(uri::alerts_of(name)),
            },
        }
    }
}

impl From<FiredIntention> for FiredForm {
    fn from(intention: FiredIntention) -> Self {
        Self {
            id: intention.id.into_string(),
            goal: intention.goal,
            source: intention.source,
            tags: intention.tags,
            urgency: intention.urgency.as_str(),
            deliver_at: intention.deliver_at,
        }
    }
}

impl From<Evaluation> for EvaluationForm {
    fn from(evaluation: Evaluation) -> Self {
        Self {
            alerts_checked: evaluation.alerts_checked,
            suppressed: evaluation.suppressed,
            pattern_matched: evaluation.pattern_matched,
            stale_sources: evaluation.stale_sources,
            surfaced: evaluation.surfaced,
            intentions_pending: evaluation.intentions_pending,
            intentions_fired: evaluation.intentions_fired,
            skipped: evaluation
                .skipped
                .into_iter()
                .map(EntryId::into_string)
                .collect(),
        }
    }
}
