//! The evaluation, source by source.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::report::{Briefing, Evaluation, SourceReport, SourceState};
use super::suppression::{AlertWords, is_silenced};
use super::watched::{Expectation, LiveAlert, Silence, StatusReport, Watched, severity};
use super::wording;
use crate::domain::Timestamp;

/// Works out the briefing of what an owner watches.
///
/// An alert counts unless a suppression silences it or a pattern explains it. A live alert outranks staleness: a source
/// that is both shows the alert's level, and that it is stale.
#[must_use]
pub fn evaluate(now: Timestamp, watched: Watched) -> Briefing {
    let Watched {
        statuses,
        alerts,
        silences,
        expectations,
        mut fired,
        pending,
        skipped,
    } = watched;
    let mut evaluation = Evaluation {
        alerts_checked: alerts.len() as u64,
        intentions_pending: pending,
        intentions_fired: fired.len() as u64,
        skipped,
        ..Evaluation::default()
    };

    let remaining = remaining(now, &alerts, &silences, &expectations, &mut evaluation);
    let sources = report(now, &statuses, &alerts, &remaining, &mut evaluation);
    fired.sort_by(|a, b| {
        let key = |one: &super::FiredIntention| (one.deliver_at, one.id.clone());
        b.urgency.cmp(&a.urgency).then_with(|| key(a).cmp(&key(b)))
    });

    let attention_needed =
        evaluation.surfaced > 0 || evaluation.stale_sources > 0 || !fired.is_empty();
    Briefing {
        generated: now,
        summary: wording::summary(&sources, fired.len()),
        suggested_mention: attention_needed.then(|| wording::mention(&sources, &fired)),
        sources,
        active_alerts: evaluation.surfaced,
        active_suppressions: silences.len() as u64,
        attention_needed,
        fired_intentions: fired,
        pending_intentions: pending,
        evaluation,
    }
}

/// The alerts that are neither silenced nor explained, by source.
fn remaining<'a>(
    now: Timestamp,
    alerts: &'a [LiveAlert],
    silences: &[Silence],
    expectations: &[Expectation],
    evaluation: &mut Evaluation,
) -> HashMap<&'a str, Vec<&'a LiveAlert>> {
    let expected = ExpectedWords::at(now, expectations);
    let mut silences_by_source: HashMap<&str, Vec<&Silence>> = HashMap::new();
    let mut remaining: HashMap<&str, Vec<&LiveAlert>> = HashMap::new();

    for alert in alerts {
        let source = alert.source.as_str();
        let silences = silences_by_source.entry(source).or_insert_with(|| {
            let concerning = silences.iter().filter(|silence| silence.concerns(source));
            concerning.collect()
        });
        if !silences.is_empty() && is_silenced(alert, &AlertWords::of(alert), silences) {
            evaluation.suppressed += 1;
        } else if expected.explain(alert) {
            evaluation.pattern_matched += 1;
        } else {
            evaluation.surfaced += 1;
            remaining.entry(source).or_default().push(alert);
        }
    }

    remaining
}

fn report(
    now: Timestamp,
    statuses: &[StatusReport],
    alerts: &[LiveAlert],
    remaining: &HashMap<&str, Vec<&LiveAlert>>,
    evaluation: &mut Evaluation,
) -> BTreeMap<String, SourceReport> {
    let statuses: HashMap<&str, &StatusReport> = statuses
        .iter()
        .map(|status| (status.source.as_str(), status))
        .collect();
    let names: HashSet<&str> = statuses
        .keys()
        .copied()
        .chain(alerts.iter().map(|alert| alert.source.as_str()))
        .collect();

    names
        .into_iter()
        .map(|name| {
            let status = statuses.get(name);
            let stale_for = status.and_then(|status| status.stale_for(now));
            evaluation.stale_sources += u64::from(stale_for.is_some());
            let alerts = remaining.get(name).map_or(&[][..], Vec::as_slice);
            let report = SourceReport {
                last_report: status.map(|status| status.reported),
                stale: stale_for.is_some(),
                ..state_and_headline(name, alerts, stale_for)
            };
            (name.to_owned(), report)
        })
        .collect()
}

fn state_and_headline(name: &str, alerts: &[&LiveAlert], stale_for: Option<i64>) -> SourceReport {
    let top = alerts
        .iter()
        .max_by_key(|alert| (alert.severity(), alert.touched))
        .copied();
    let (state, headline) = match (top, stale_for) {
        (Some(top), _) => {
            let is_critical = top.severity() == severity("critical");
            let state = if is_critical {
                SourceState::Critical
            } else {
                SourceState::Warning
            };
            (state, Some(top.message.clone()))
        }
        (None, Some(seconds)) => (
            SourceState::Stale,
            Some(format!("{name} has not reported for {seconds} s")),
        ),
        (None, None) => (SourceState::Ok, None),
    };

    SourceReport {
        state,
        stale: false,
        last_report: None,
        headline,
    }
}

/// The words of the patterns that hold now, and which patterns have each.
struct ExpectedWords<'a>(HashMap<&'a str, Vec<&'a Expectation>>);

impl<'a> ExpectedWords<'a> {
    fn at(now: Timestamp, expectations: &'a [Expectation]) -> Self {
        let mut words: HashMap<&str, Vec<&Expectation>> = HashMap::new();
        for expectation in expectations {
            if expectation.holds_at(now.utc()) {
                for word in &expectation.words {
                    words.entry(word).or_default().push(expectation);
                }
            }
        }

        Self(words)
    }

    /// Whether a pattern shares a word with the alert. What kind of alert it is does not count, and a critical one is
    /// only explained by a pattern that says so.
    fn explain(&self, alert: &LiveAlert) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let is_critical = alert.severity() == severity("critical");
        let texts = [
            alert.alert_id.as_str(),
            alert.metric.as_deref().unwrap_or_default(),
            alert.message.as_str(),
        ];

        texts
            .iter()
            .flat_map(|text| effect_words(text))
            .filter_map(|word| self.0.get(word.as_str()))
            .flatten()
            .any(|expectation| {
                (expectation.source.is_empty() || expectation.source == alert.source)
                    && (!is_critical || expectation.condition.covers_critical())
            })
    }
}

/// Words that say nothing about an alert.
const STOP_WORDS: [&str; 14] = [
    "suppress", "ignore", "skip", "the", "a", "an", "on", "in", "for", "and", "or", "is", "at", "",
];

/// The words by which the effect of a pattern and an alert find each other: lower-case, cut at white space and dashes.
pub fn effect_words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| character.is_whitespace() || matches!(character, '-' | '—'))
        .map(str::to_lowercase)
        .filter(|word| !STOP_WORDS.contains(&word.as_str()))
}
