//! `acted_on`, `get_reads`, `get_actions`, `get_unread`, `get_activity`: who read what, and what came of it.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::{tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{EntryId, Tags, Timestamp};
use crate::mcp::envelope::ToolError;
use crate::mcp::forms::{EntryPage, EventPage, ReadCounts};
use crate::mcp::reply::{Json, Reply};
use crate::mcp::{Server, parse};
use crate::service::{ActedOn, Caller, Invalid};
use crate::store::{Action, Activity, Event, LogFilter, Read};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ActedOnEntry {
    /// The entry.
    entry_id: String,
    /// What was done.
    action: String,
    /// Default: your client's name.
    platform: Option<String>,
    /// More about it.
    detail: Option<String>,
    /// Default: the entry's.
    tags: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct GetReads {
    /// Of this entry.
    entry_id: Option<String>,
    /// At or after this ISO 8601 time.
    since: Option<String>,
    /// By this client.
    platform: Option<String>,
    /// Default 100.
    limit: Option<i64>,
    offset: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct GetActions {
    /// On this entry.
    entry_id: Option<String>,
    /// At or after this ISO 8601 time.
    since: Option<String>,
    /// By this client.
    platform: Option<String>,
    /// Actions that carry all of these.
    tags: Option<Vec<String>>,
    /// Default 100.
    limit: Option<i64>,
    offset: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct GetUnread {
    /// Not read at or after this ISO 8601 time; default never read.
    since: Option<String>,
    /// Default 100.
    limit: Option<i64>,
    offset: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct GetActivity {
    /// At or after this ISO 8601 time.
    since: Option<String>,
    /// By this client.
    platform: Option<String>,
    /// Default 100.
    limit: Option<i64>,
    offset: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ActionLogged {
    status: &'static str,
    id: i64,
    entry_id: String,
    action: String,
    timestamp: Timestamp,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ReadEvent {
    id: i64,
    entry_id: String,
    timestamp: Timestamp,
    platform: Option<String>,
    tool_used: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ActionEvent {
    id: i64,
    entry_id: String,
    timestamp: Timestamp,
    platform: Option<String>,
    action: String,
    detail: Option<String>,
    #[schemars(with = "Vec<String>")]
    tags: Tags,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ActivityEvent {
    /// "read" or "action".
    event_type: &'static str,
    entry_id: String,
    timestamp: Timestamp,
    platform: Option<String>,
    action: Option<String>,
    /// Of a read the tool.
    detail: Option<String>,
    #[schemars(with = "Vec<String>")]
    tags: Tags,
}

impl Reply for ActionLogged {}

#[tool_router(router = tracking_tools, vis = "pub(crate)")]
impl Server {
    /// Log what you did because of an entry, so that others see it.
    #[tool(annotations(
        title = "Log an action",
        read_only_hint = false,
        destructive_hint = false,
        idempotent_hint = false,
        open_world_hint = false
    ))]
    async fn acted_on(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<ActedOnEntry>,
    ) -> Result<Json<ActionLogged>, ToolError> {
        let act = ActedOn {
            entry_id: asked.entry_id.into(),
            action: asked.action,
            platform: asked.platform,
            detail: asked.detail,
            tags: asked.tags.map(Tags::new),
        };
        let Action { id, logged } = self.service.acted_on(&caller, act).await?;

        Ok(Json(ActionLogged {
            status: "ok",
            id,
            entry_id: logged.entry_id.into_string(),
            action: logged.action,
            timestamp: logged.timestamp,
        }))
    }

    /// List which entries were read, when and by which tool. Newest first.
    #[tool(annotations(title = "List reads", read_only_hint = true, open_world_hint = false))]
    async fn get_reads(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<GetReads>,
    ) -> Result<Json<EventPage<ReadEvent>>, ToolError> {
        let page = parse::page(asked.limit, asked.offset, None)?;
        let filter = log_filter(asked.entry_id, asked.since.as_deref(), asked.platform)?;
        let reads = self.service.get_reads(&caller, &filter, page).await?;

        Ok(Json(reads.map(ReadEvent::from).into()))
    }

    /// List what was done because of entries. Newest first.
    #[tool(annotations(title = "List actions", read_only_hint = true, open_world_hint = false))]
    async fn get_actions(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<GetActions>,
    ) -> Result<Json<EventPage<ActionEvent>>, ToolError> {
        let page = parse::page(asked.limit, asked.offset, None)?;
        let filter = log_filter(asked.entry_id, asked.since.as_deref(), asked.platform)?;
        let tags = Tags::new(asked.tags.unwrap_or_default());
        let actions = self
            .service
            .get_actions(&caller, &filter, &tags, page)
            .await?;

        Ok(Json(actions.map(ActionEvent::from).into()))
    }

    /// List entries nobody has read, newest first: candidates for deletion or for a mention.
    #[tool(annotations(
        title = "List unread entries",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn get_unread(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<GetUnread>,
    ) -> Result<Json<EntryPage>, ToolError> {
        let page = parse::page(asked.limit, asked.offset, None)?;
        let since = parse::timestamp("since", asked.since.as_deref())?;
        let unread = self.service.get_unread(&caller, since, page).await?;

        Ok(Json(EntryPage::new(unread, ReadCounts::Hidden)))
    }

    /// List reads and actions together. Newest first.
    #[tool(annotations(
        title = "List activity",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn get_activity(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<GetActivity>,
    ) -> Result<Json<EventPage<ActivityEvent>>, ToolError> {
        let page = parse::page(asked.limit, asked.offset, None)?;
        let filter = log_filter(None, asked.since.as_deref(), asked.platform)?;
        let activity = self.service.get_activity(&caller, &filter, page).await?;

        Ok(Json(activity.map(ActivityEvent::from).into()))
    }
}

/// An empty text is no filter.
fn log_filter(
    entry_id: Option<String>,
    since: Option<&str>,
    platform: Option<String>,
) -> Result<LogFilter, Invalid> {
    Ok(LogFilter {
        since: parse::timestamp("since", since)?,
        entry: entry_id.filter(|id| !id.is_empty()).map(EntryId::from),
        platform: platform.filter(|platform| !platform.is_empty()),
    })
}

impl From<Read> for ReadEvent {
    fn from(read: Read) -> Self {
        Self {
            id: read.id,
            entry_id: read.entry_id.into_string(),
            timestamp: read.timestamp,
            platform: read.platform,
            tool_used: read.tool,
        }
    }
}

impl From<Action> for ActionEvent {
    fn from(Action { id, logged }: Action) -> Self {
        Self {
            id,
            entry_id: logged.entry_id.into_string(),
            timestamp: logged.timestamp,
            platform: logged.platform,
            action: logged.action,
            detail: logged.detail,
            tags: logged.tags,
        }
    }
}

impl From<Activity> for ActivityEvent {
    fn from(activity: Activity) -> Self {
        let (event_type, action, detail, tags) = match activity.event {
            Event::Read { tool } => ("read", None, tool, Tags::default()),
            Event::Action {
                action,
                detail,
                tags,
            } => ("action", Some(action), detail, tags),
        };

        Self {
            event_type,
            entry_id: activity.entry_id.into_string(),
            timestamp: activity.timestamp,
            platform: activity.platform,
            action,
            detail,
            tags,
        }
    }
}
