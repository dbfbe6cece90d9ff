//! What a briefing is made of, in one query whatever the number of sources.
//!
//! Each row is read by itself, and what anyone may have written into it stays text until its id is known: a row that does
//! not read is named and left out, and costs the owner neither the others nor the briefing.

use chrono::TimeDelta;
use entity::entries;
use sea_orm::sea_query::{ExprTrait, SelectStatement, SimpleExpr, UnionType};
use sea_orm::{Condition as Cond, IntoSimpleExpr, QuerySelect, QueryTrait};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::dialect::{json_part, json_text};
use super::filter::{EntryFilter, Expired, touched};
use super::{Entries, StoreError};
use crate::domain::briefing::{
    Expectation, LiveAlert, Silence, StatusReport, Watched, effect_words, severity,
};
use crate::domain::{
    Condition, Data, EntryId, EntryType, IntentionState, Level, Tags, Timestamp, from_word,
};

/// How far behind UTC a clock can be: a time written with such an offset sorts that much too early.
const FARTHEST_OFFSET: TimeDelta = TimeDelta::hours(26);

/// A row: its type, id, source, tags and last touch, and what else a briefing needs of that type.
#[derive(Deserialize)]
struct Row(String, String, String, Box<RawValue>, String, Box<RawValue>);

/// The row is malformed.
struct Malformed;

impl Entries<'_> {
    /// Reads everything an owner watches, and which intentions are due, by id.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn watched(&self, now: Timestamp) -> Result<(Watched, Vec<EntryId>), StoreError> {
        let mut watched = Watched::default();
        let mut due = Vec::new();
        let rows: Vec<Row> = self.session.read_json(self.watched_query(now)).await?;
        for Row(entry_type, id, source, tags, touched, rest) in rows {
            let read = match from_word(&entry_type) {
                Some(EntryType::Status) => {
                    status(source, &touched, &rest).map(|one| watched.statuses.push(one))
                }
                Some(EntryType::Alert) => {
                    alert(source, &tags, &touched, &rest).map(|one| watched.alerts.push(one))
                }
                Some(EntryType::Suppression) => {
                    silence(source, &tags, &rest).map(|one| watched.silences.push(one))
                }
                Some(EntryType::Pattern) => {
                    expectation(source, &rest).map(|one| watched.expectations.push(one))
                }
                _ => is_due(now, &rest).map(|is_due| {
                    if is_due {
                        due.push(EntryId::from(id.as_str()));
                    }
                }),
            };
            if read.is_err() {
                watched.skipped.push(id.into());
            }
        }
        watched.skipped.sort_unstable();
        due.sort_unstable();

        Ok((watched, due))
    }

    fn watched_query(&self, now: Timestamp) -> SelectStatement {
        let dialect = self.session.dialect();
        let active = || EntryFilter::active().expired(Expired::HiddenAt(now));
        let part = |key| dialect.json_column(json_part(key));
        let latest = now.checked_add(FARTHEST_OFFSET).unwrap_or(now).to_string();

        let mut query = self.arm(
            &active().of_types([EntryType::Status]),
            vec![part("ttl_sec")],
        );
        for arm in [
            self.arm(
                &active().of_types([EntryType::Alert]).unresolved(),
                ["level", "alert_id", "metric", "message"]
                    .map(json_text)
                    .to_vec(),
            ),
            self.arm(
                &active().of_types([EntryType::Suppression]),
                vec![
                    json_text("metric"),
                    json_text("suppress_level"),
                    part("escalation_override"),
                ],
            ),
            self.arm(
                &active().of_types([EntryType::Pattern]),
                vec![json_text("effect"), part("conditions")],
            ),
            self.arm(
                &active().waiting().and(
                    // What is later is left unread, unless it may be no time at all.
                    Cond::any()
                        .add(dialect.due_text().lte(latest.as_str()))
                        .add(
                            dialect
                                .due_text()
                                .gt(latest.as_str())
                                .and(dialect.is_odd_due()),
                        ),
                ),
                vec![json_text("state"), json_text("deliver_at"), part("wakes")],
            ),
        ] {
            query.union(UnionType::All, arm);
        }

        query
    }

    fn arm(&self, filter: &EntryFilter, rest: Vec<SimpleExpr>) -> SelectStatement {
        use entries::Column::{EntryType as Type, Id, Source, Tags as TagsColumn};
        let dialect = self.session.dialect();
        let row = dialect.json_row([
            Type.into_simple_expr(),
            Id.into_simple_expr(),
            Source.into_simple_expr(),
            dialect.json_column(TagsColumn.into_simple_expr()),
            touched(),
            dialect.json_row(rest),
        ]);

        self.matching(filter)
            .select_only()
            .column_as(row, "row")
            .into_query()
    }
}

fn status(source: String, touched: &str, rest: &RawValue) -> Result<StatusReport, Malformed> {
    let (ttl,): (Value,) = read(rest)?;

    Ok(StatusReport {
        source,
        reported: time(touched)?,
        ttl_seconds: match ttl {
            Value::Null => None,
            ttl => Some(ttl.as_f64().ok_or(Malformed)?),
        },
    })
}

fn alert(
    source: String,
    tags: &RawValue,
    touched: &str,
    rest: &RawValue,
) -> Result<LiveAlert, Malformed> {
    type Texts = (
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
    );
    let (level, alert_id, metric, message): Texts = read(rest)?;

    Ok(LiveAlert {
        source,
        tags: Tags::from_stored(read(tags)?),
        touched: time(touched)?,
        level,
        alert_id: alert_id.unwrap_or_default(),
        metric,
        message: message.unwrap_or_default(),
    })
}

fn silence(source: String, tags: &RawValue, rest: &RawValue) -> Result<Silence, Malformed> {
    let (metric, level, escalates): (Option<String>, Option<String>, Option<bool>) = read(rest)?;
    let level = level.as_deref().unwrap_or("warning");
    from_word::<Level>(level).ok_or(Malformed)?;

    Ok(Silence {
        source,
        tags: Tags::from_stored(read(tags)?),
        metric,
        severity: severity(level),
        escalates: escalates.unwrap_or(true),
    })
}

fn expectation(source: String, rest: &RawValue) -> Result<Expectation, Malformed> {
    let (effect, conditions): (Option<String>, Value) = read(rest)?;
    let conditions = match conditions {
        Value::Object(conditions) => conditions,
        Value::Null => Data::new(),
        _ => return Err(Malformed),
    };

    Ok(Expectation {
        source,
        words: effect_words(&effect.unwrap_or_default()).collect(),
        condition: Condition::parse(&conditions).map_err(|_| Malformed)?,
    })
}

/// Whether a waiting intention's time has come: one that was put off comes back only if it was given a new time.
fn is_due(now: Timestamp, rest: &RawValue) -> Result<bool, Malformed> {
    let (state, deliver_at, wakes): (Option<String>, String, Value) = read(rest)?;
    let pending = IntentionState::Pending.as_str();
    let waits = state.is_none_or(|state| state == pending) || wakes == Value::Bool(true);

    Ok(waits && time(&deliver_at)? <= now)
}

fn read<'de, T: Deserialize<'de>>(part: &'de RawValue) -> Result<T, Malformed> {
    serde_json::from_str(part.get()).map_err(|_| Malformed)
}

fn time(text: &str) -> Result<Timestamp, Malformed> {
    Timestamp::parse(text).map_err(|_| Malformed)
}
