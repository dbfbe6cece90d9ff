//! `remind`, `get_intentions`, `update_intention`: what is to be done.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::{tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ids, non_empty};
use crate::domain::{EntryId, IntentionState, StateChange, Tags, Urgency};
use crate::mcp::envelope::ToolError;
use crate::mcp::forms::{EntryPage, ReadCounts};
use crate::mcp::reply::{Json, Reply};
use crate::mcp::{Server, parse};
use crate::service::{Caller, IntentionQuery, Invalid, NewIntention};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Remind {
    /// What is to be done.
    goal: String,
    /// What it is about.
    source: String,
    /// Labels.
    tags: Vec<String>,
    /// When it is due, ISO 8601; without it the briefing only counts it.
    deliver_at: Option<String>,
    /// What to heed.
    constraints: Option<String>,
    /// "low", "normal" (default) or "high".
    urgency: Option<String>,
    /// Kept, without effect.
    recurrence: Option<String>,
    /// Default "conversation".
    learned_from: Option<String>,
    /// ISO 639-1; default detected.
    language: Option<String>,
    /// Ids of entries it belongs with.
    related_ids: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct GetIntentions {
    /// pending, fired, active, completed, snoozed or cancelled.
    state: Option<String>,
    /// About exactly this.
    source: Option<String>,
    /// Carrying all of these.
    tags: Option<Vec<String>>,
    /// "list" for summaries, "full" (default).
    mode: Option<String>,
    /// Default 100.
    limit: Option<i64>,
    offset: Option<i64>,
    /// Cut the reply at so many tokens.
    max_tokens: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateIntention {
    /// The intention.
    entry_id: String,
    /// pending, fired, active, completed, snoozed or cancelled.
    state: String,
    /// Why.
    reason: Option<String>,
    /// With pending or snoozed: the new time.
    deliver_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Reminded {
    status: &'static str,
    id: String,
    state: &'static str,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct IntentionUpdated {
    status: &'static str,
    id: String,
}

impl Reply for Reminded {}
impl Reply for IntentionUpdated {}

#[tool_router(router = intention_tools, vis = "pub(crate)")]
impl Server {
    /// Remember something to do; the first briefing after deliver_at delivers it. For facts use remember.
    #[tool(annotations(
        title = "Set a reminder",
        read_only_hint = false,
        destructive_hint = false,
        idempotent_hint = false,
        open_world_hint = false
    ))]
    async fn remind(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<Remind>,
    ) -> Result<Json<Reminded>, ToolError> {
        let urgency = asked.urgency.as_deref().unwrap_or("normal");
        let intention = NewIntention {
            urgency: Invalid::check_word::<Urgency>("urgency", urgency)?,
            deliver_at: parse::timestamp("deliver_at", asked.deliver_at.as_deref())?,
            language: parse::language(asked.language.as_deref())?,
            goal: asked.goal,
            source: asked.source,
            tags: Tags::new(asked.tags),
            constraints: asked.constraints,
            recurrence: asked.recurrence,
            learned_from: asked.learned_from,
            related_ids: ids(asked.related_ids),
        };
        let written = self.service.remind(&caller, intention).await?;

        Ok(Json(Reminded {
            status: "ok",
            id: written.id.into_string(),
            state: IntentionState::Pending.as_str(),
        }))
    }

    /// List reminders and other things to do.
    #[tool(annotations(
        title = "List intentions",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn get_intentions(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<GetIntentions>,
    ) -> Result<Json<EntryPage>, ToolError> {
        let page = parse::page(asked.limit, asked.offset, asked.max_tokens)?;
        let state = non_empty(asked.state.as_deref())
            .map(|state| Invalid::check_word::<IntentionState>("state", state));
        let query = IntentionQuery {
            page,
            state: state.transpose()?,
            shape: parse::shape(asked.mode.as_deref())?,
            source: asked.source.filter(|source| !source.is_empty()),
            tags: Tags::new(asked.tags.unwrap_or_default()),
        };
        let intentions = self.service.get_intentions(&caller, &query).await?;

        Ok(Json(EntryPage::new(intentions, ReadCounts::Hidden)))
    }

    /// Move an intention on: take it up, complete, snooze or cancel it.
    #[tool(annotations(
        title = "Update an intention",
        read_only_hint = false,
        destructive_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn update_intention(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<UpdateIntention>,
    ) -> Result<Json<IntentionUpdated>, ToolError> {
        let change = StateChange {
            state: Invalid::check_word("state", &asked.state)?,
            deliver_at: parse::timestamp("deliver_at", asked.deliver_at.as_deref())?,
            reason: asked.reason,
        };
        let id = EntryId::from(asked.entry_id);
        self.service.update_intention(&caller, &id, change).await?;

        Ok(Json(IntentionUpdated {
            status: "ok",
            id: id.into_string(),
        }))
    }
}
