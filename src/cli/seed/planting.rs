//! One demo entry, written as the call that stores it.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{AlertType, Data, Level, Tags, Timestamp, Urgency};
use crate::service::{
    Caller, Error, Invalid, NewAlert, NewContext, NewIntention, NewNote, NewPattern, NewPreference,
    NewRecord, NewSchema, NewStatus, NewSuppression, Service,
};

/// A call and its arguments, named as the tools name them.
#[derive(Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub(super) enum Planting {
    Remember(Note),
    LearnPattern(Pattern),
    AddContext(Context),
    SetPreference {
        key: String,
        value: String,
        scope: String,
    },
    ReportStatus(Status),
    ReportAlert(Alert),
    SuppressAlert(Suppression),
    Remind(Intention),
    RegisterSchema(Schema),
    CreateRecord(Record),
}

#[derive(Deserialize)]
pub(super) struct Note {
    source: String,
    description: String,
    tags: Vec<String>,
    content: Option<String>,
    logical_key: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Context {
    source: String,
    description: String,
    tags: Vec<String>,
    expires_days: i64,
}

#[derive(Deserialize)]
pub(super) struct Status {
    source: String,
    tags: Vec<String>,
    metrics: Data,
    #[serde(default)]
    inventory: Data,
    ttl_sec: i64,
}

#[derive(Deserialize)]
pub(super) struct Pattern {
    source: String,
    description: String,
    tags: Vec<String>,
    conditions: Data,
    effect: String,
}

#[derive(Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "fields are named as the tool's arguments"
)]
pub(super) struct Alert {
    source: String,
    tags: Vec<String>,
    alert_id: String,
    level: String,
    alert_type: String,
    message: String,
}

#[derive(Deserialize)]
pub(super) struct Suppression {
    source: String,
    tags: Vec<String>,
    level: String,
    duration_minutes: i64,
    reason: String,
}

#[derive(Deserialize)]
pub(super) struct Intention {
    goal: String,
    source: String,
    tags: Vec<String>,
    deliver_at: Option<String>,
    urgency: String,
}

#[derive(Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "fields are named as the tool's arguments"
)]
pub(super) struct Schema {
    source: String,
    description: String,
    tags: Vec<String>,
    family: String,
    version: String,
    schema: Data,
}

#[derive(Deserialize)]
pub(super) struct Record {
    source: String,
    description: String,
    tags: Vec<String>,
    logical_key: String,
    schema_ref: String,
    schema_version: String,
    content: Value,
}

impl Planting {
    /// Makes the call.
    pub(super) async fn plant(self, service: &Service, caller: &Caller) -> Result<(), Error> {
        match self {
            Self::Remember(note) => drop(service.remember(caller, note.into()).await?),
            Self::LearnPattern(rule) => drop(service.learn_pattern(caller, rule.into()).await?),
            Self::AddContext(context) => drop(service.add_context(caller, context.into()).await?),
            Self::SetPreference { key, value, scope } => {
                let preference = NewPreference { key, value, scope };
                drop(service.set_preference(caller, preference).await?);
            }
            Self::ReportStatus(status) => drop(service.report_status(caller, status.into()).await?),
            Self::ReportAlert(alert) => {
                drop(service.report_alert(caller, alert.try_into()?).await?);
            }
            Self::SuppressAlert(wish) => {
                drop(service.suppress_alert(caller, wish.try_into()?).await?);
            }
            Self::Remind(intention) => drop(service.remind(caller, intention.try_into()?).await?),
            Self::RegisterSchema(schema) => {
                drop(service.register_schema(caller, schema.into()).await?);
            }
            Self::CreateRecord(record) => drop(service.create_record(caller, record.into()).await?),
        }

        Ok(())
    }
}

impl From<Context> for NewContext {
    fn from(context: Context) -> Self {
        Self {
            source: context.source,
            description: context.description,
            tags: Tags::new(context.tags),
            expires_days: context.expires_days,
            language: None,
            related_ids: None,
        }
    }
}

impl From<Status> for NewStatus {
    fn from(status: Status) -> Self {
        Self {
            source: status.source,
            tags: Tags::new(status.tags),
            metrics: status.metrics,
            inventory: status.inventory,
            ttl_sec: status.ttl_sec,
        }
    }
}

impl From<Note> for NewNote {
    fn from(note: Note) -> Self {
        Self {
            source: note.source,
            description: note.description,
            tags: Tags::new(note.tags),
            content: note.content,
            content_type: None,
            learned_from: Some("demo".to_owned()),
            logical_key: note.logical_key,
            language: None,
            related_ids: None,
        }
    }
}

impl From<Pattern> for NewPattern {
    fn from(pattern: Pattern) -> Self {
        Self {
            source: pattern.source,
            description: pattern.description,
            tags: Tags::new(pattern.tags),
            conditions: pattern.conditions,
            effect: pattern.effect,
            learned_from: Some("demo".to_owned()),
            language: None,
            related_ids: None,
        }
    }
}

impl TryFrom<Alert> for NewAlert {
    type Error = Invalid;

    fn try_from(alert: Alert) -> Result<Self, Invalid> {
        Ok(Self {
            level: Invalid::check_word::<Level>("level", &alert.level)?,
            alert_type: Invalid::check_word::<AlertType>("alert_type", &alert.alert_type)?,
            source: alert.source,
            tags: Tags::new(alert.tags),
            alert_id: alert.alert_id,
            message: alert.message,
            resolved: false,
            extra: Data::new(),
        })
    }
}

impl TryFrom<Suppression> for NewSuppression {
    type Error = Invalid;

    fn try_from(suppression: Suppression) -> Result<Self, Invalid> {
        Ok(Self {
            level: Invalid::check_word::<Level>("level", &suppression.level)?,
            source: suppression.source,
            tags: Tags::new(suppression.tags),
            metric: None,
            duration_minutes: suppression.duration_minutes,
            escalation_override: true,
            reason: suppression.reason,
        })
    }
}

impl TryFrom<Intention> for NewIntention {
    type Error = Invalid;

    fn try_from(intention: Intention) -> Result<Self, Invalid> {
        let deliver_at = intention
            .deliver_at
            .as_deref()
            .map(|text| Timestamp::parse(text).map_err(|_| Invalid::timestamp("deliver_at", text)));

        Ok(Self {
            urgency: Invalid::check_word::<Urgency>("urgency", &intention.urgency)?,
            deliver_at: deliver_at.transpose()?,
            goal: intention.goal,
            source: intention.source,
            tags: Tags::new(intention.tags),
            constraints: None,
            recurrence: None,
            learned_from: Some("demo".to_owned()),
            language: None,
            related_ids: None,
        })
    }
}

impl From<Schema> for NewSchema {
    fn from(schema: Schema) -> Self {
        Self {
            source: schema.source,
            description: schema.description,
            tags: Tags::new(schema.tags),
            family: schema.family,
            version: schema.version,
            schema: schema.schema,
            learned_from: Some("demo".to_owned()),
            language: None,
        }
    }
}

impl From<Record> for NewRecord {
    fn from(record: Record) -> Self {
        Self {
            source: record.source,
            description: record.description,
            tags: Tags::new(record.tags),
            logical_key: record.logical_key,
            schema_ref: record.schema_ref,
            schema_version: record.schema_version,
            content: record.content,
            learned_from: Some("demo".to_owned()),
            language: None,
            related_ids: None,
        }
    }
}
