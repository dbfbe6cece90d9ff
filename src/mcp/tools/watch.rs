//! `get_briefing`, `get_alerts`, `get_status`, `get_suppressions`, `report_status`, `report_alert`, `suppress_alert`: what
//! is watched.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::{tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::{AlertType, Data, Level, Tags, Timestamp, from_word};
use crate::mcp::briefing_form::BriefingForm;
use crate::mcp::envelope::ToolError;
use crate::mcp::forms::{EntryList, EntryPage, FullEntry, ReadCounts};
use crate::mcp::reply::{Json, Reply};
use crate::mcp::{Server, parse};
use crate::service::{AlertQuery, Caller, Invalid, NewAlert, NewStatus, NewSuppression};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct GetAlerts {
    /// Of exactly this source.
    source: Option<String>,
    /// Touched since, ISO 8601.
    since: Option<String>,
    /// "list" for summaries, "full" (default).
    mode: Option<String>,
    /// Default 100.
    limit: Option<i64>,
    offset: Option<i64>,
    /// Cut the reply at so many tokens.
    max_tokens: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct GetStatus {
    /// The system.
    source: String,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ReportStatus {
    /// The system that reports.
    source: String,
    /// Labels.
    tags: Vec<String>,
    /// Measurements by name.
    metrics: Data,
    /// What the system consists of.
    inventory: Option<Data>,
    /// Seconds until the report is stale; default 120.
    ttl_sec: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ReportAlert {
    /// Where.
    source: String,
    /// Labels.
    tags: Vec<String>,
    /// Your name for it: reporting it again updates it.
    alert_id: String,
    /// "warning" or "critical".
    level: String,
    /// "threshold", "structural" or "baseline".
    alert_type: String,
    /// What to tell a person.
    message: String,
    /// {} removes earlier ones.
    #[schemars(extend("type" = "object"))]
    details: Option<Value>,
    /// {} removes earlier ones.
    #[schemars(extend("type" = "object"))]
    diagnostics: Option<Value>,
    /// true ends the alert.
    #[serde(default)]
    resolved: bool,
    /// What was measured; suppress_alert can name it.
    metric: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct SuppressAlert {
    /// Default "": everywhere.
    source: Option<String>,
    /// Alerts with one of these, as tag or word; default any.
    tags: Option<Vec<String>>,
    /// Alerts of this metric; default any.
    metric: Option<String>,
    /// Up to "warning" (default) or "critical".
    level: Option<String>,
    /// Default 60.
    duration_minutes: Option<i64>,
    /// Whether a worse alert breaks through; default true.
    escalation_override: Option<bool>,
    /// Why.
    reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct StatusReported {
    status: &'static str,
    id: String,
    source: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct AlertReported {
    status: &'static str,
    id: String,
    /// "reported" or "resolved".
    action: &'static str,
    alert_id: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Suppressed {
    status: &'static str,
    id: String,
    expires: Option<Timestamp>,
}

impl Reply for StatusReported {}
impl Reply for AlertReported {}
impl Reply for Suppressed {}

#[tool_router(router = watch_tools, vis = "pub(crate)")]
impl Server {
    /// What needs attention now, already filtered. Call it once when a conversation starts; if attention_needed, pass on
    /// suggested_mention, else say nothing. Delivers due reminders.
    #[tool(annotations(
        title = "Get the briefing",
        read_only_hint = false,
        destructive_hint = false,
        idempotent_hint = false,
        open_world_hint = false
    ))]
    async fn get_briefing(&self, caller: Caller) -> Result<Json<BriefingForm>, ToolError> {
        let briefing = self.service.briefing(&caller).await?;

        Ok(Json(briefing.into()))
    }

    /// List live alerts, unfiltered. Use it after the briefing named a source.
    #[tool(annotations(title = "List alerts", read_only_hint = true, open_world_hint = false))]
    async fn get_alerts(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<GetAlerts>,
    ) -> Result<Json<EntryPage>, ToolError> {
        let page = parse::page(asked.limit, asked.offset, asked.max_tokens)?;
        let query = AlertQuery {
            page,
            since: parse::timestamp("since", asked.since.as_deref())?,
            shape: parse::shape(asked.mode.as_deref())?,
            source: asked.source.filter(|source| !source.is_empty()),
        };
        let alerts = self.service.get_alerts(&caller, &query).await?;

        Ok(Json(EntryPage::new(alerts, ReadCounts::Hidden)))
    }

    /// The last status report of one system.
    #[tool(annotations(title = "Get a status", read_only_hint = true, open_world_hint = false))]
    async fn get_status(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<GetStatus>,
    ) -> Result<Json<FullEntry>, ToolError> {
        let status = self.service.get_status(&caller, &asked.source).await?;

        Ok(Json(status.into()))
    }

    /// List the suppressions in force.
    #[tool(annotations(
        title = "List suppressions",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn get_suppressions(&self, caller: Caller) -> Result<Json<EntryList>, ToolError> {
        let suppressions = self.service.get_suppressions(&caller).await?;

        Ok(Json(EntryList::full(suppressions)))
    }

    /// Report how a system is, in place of its last report. For problems report_alert.
    #[tool(annotations(
        title = "Report a status",
        read_only_hint = false,
        destructive_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn report_status(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<ReportStatus>,
    ) -> Result<Json<StatusReported>, ToolError> {
        let source = asked.source.clone();
        let status = NewStatus {
            source: asked.source,
            tags: Tags::new(asked.tags),
            metrics: asked.metrics,
            inventory: asked.inventory.unwrap_or_default(),
            ttl_sec: asked.ttl_sec.unwrap_or(120),
        };
        let written = self.service.report_status(&caller, status).await?;

        Ok(Json(StatusReported {
            status: "ok",
            id: written.id.into_string(),
            source,
        }))
    }

    /// Raise, repeat or resolve an alert of a system.
    #[tool(annotations(
        title = "Report an alert",
        read_only_hint = false,
        destructive_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn report_alert(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<ReportAlert>,
    ) -> Result<Json<AlertReported>, ToolError> {
        let action = if asked.resolved {
            "resolved"
        } else {
            "reported"
        };
        let alert_id = asked.alert_id.clone();
        let written = self.service.report_alert(&caller, asked.alert()?).await?;

        Ok(Json(AlertReported {
            status: "ok",
            id: written.id.into_string(),
            action,
            alert_id,
        }))
    }

    /// Silence alerts for a while. Use this when the user does not want to hear of them; get_alerts still shows them.
    #[tool(annotations(
        title = "Suppress alerts",
        read_only_hint = false,
        destructive_hint = false,
        idempotent_hint = false,
        open_world_hint = false
    ))]
    async fn suppress_alert(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<SuppressAlert>,
    ) -> Result<Json<Suppressed>, ToolError> {
        let suppression = NewSuppression {
            level: level(asked.level.as_deref().unwrap_or("warning"))?,
            source: asked.source.unwrap_or_default(),
            tags: Tags::new(asked.tags.unwrap_or_default()),
            metric: asked.metric,
            duration_minutes: asked.duration_minutes.unwrap_or(60),
            escalation_override: asked.escalation_override.unwrap_or(true),
            reason: asked.reason.unwrap_or_default(),
        };
        let written = self.service.suppress_alert(&caller, suppression).await?;

        Ok(Json(Suppressed {
            status: "ok",
            id: written.id.into_string(),
            expires: written.expires,
        }))
    }
}

impl ReportAlert {
    fn alert(self) -> Result<NewAlert, Invalid> {
        let level = level(&self.level)?;
        let alert_type = Invalid::check_word::<AlertType>("alert_type", &self.alert_type)?;
        // What is sent empty takes the earlier one away; what is not sent leaves it.
        let mut extra = Data::new();
        for (key, part) in [("details", self.details), ("diagnostics", self.diagnostics)] {
            if let Some(part) = part {
                let part = if part == json!({}) { Value::Null } else { part };
                extra.insert(key.to_owned(), part);
            }
        }
        if let Some(metric) = self.metric.filter(|metric| !metric.is_empty()) {
            extra.insert("metric".to_owned(), metric.into());
        }

        Ok(NewAlert {
            source: self.source,
            tags: Tags::new(self.tags),
            alert_id: self.alert_id,
            level,
            alert_type,
            message: self.message,
            resolved: self.resolved,
            extra,
        })
    }
}

/// Reads a level that callers may use.
fn level(word: &str) -> Result<Level, Invalid> {
    let levels = Level::REPORTABLE.iter().map(|level| level.as_str());

    from_word(word)
        .filter(|level| Level::REPORTABLE.contains(level))
        .ok_or_else(|| Invalid::word("level", word, levels))
}
