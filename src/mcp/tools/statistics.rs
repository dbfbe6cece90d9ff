//! `get_stats`, `get_tags`: how much there is, before asking for it.

use rmcp::{tool, tool_router};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::mcp::Server;
use crate::mcp::envelope::ToolError;
use crate::mcp::reply::{Json, Reply};
use crate::service::Caller;
use crate::store::{Statistics, TagCount};

#[derive(Serialize, JsonSchema)]
pub(crate) struct Stats {
    /// Entries by type, every type named.
    entries: Map<String, Value>,
    /// Distinct sources, sorted.
    sources: Vec<String>,
    /// All entries.
    total: u64,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct TagList {
    /// Most frequent first.
    tags: Vec<Tag>,
}

#[derive(Serialize, JsonSchema)]
struct Tag {
    tag: String,
    count: u64,
}

impl Reply for Stats {}

impl Reply for TagList {
    /// A bare array, as clients know it.
    fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.tags)
    }
}

#[tool_router(router = statistics_tools, vis = "pub(crate)")]
impl Server {
    /// Count entries by type and list the sources. Use it when you do not know how much there is; for labels use get_tags.
    #[tool(annotations(
        title = "Count entries",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn get_stats(&self, caller: Caller) -> Result<Json<Stats>, ToolError> {
        let statistics = self.service.statistics(&caller).await?;

        Ok(Json(statistics.into()))
    }

    /// List the tags in use with their counts, most frequent first. Use it to find the tags to filter or label with.
    #[tool(annotations(title = "List tags", read_only_hint = true, open_world_hint = false))]
    async fn get_tags(&self, caller: Caller) -> Result<Json<TagList>, ToolError> {
        let tags = self.service.tags(&caller).await?;
        let tags = tags
            .into_iter()
            .map(|TagCount { tag, count }| Tag { tag, count })
            .collect();

        Ok(Json(TagList { tags }))
    }
}

impl From<Statistics> for Stats {
    fn from(statistics: Statistics) -> Self {
        Self {
            total: statistics.entries.iter().map(|(_, count)| count).sum(),
            entries: statistics
                .entries
                .into_iter()
                .map(|(entry_type, count)| (entry_type.as_str().to_owned(), count.into()))
                .collect(),
            sources: statistics.sources,
        }
    }
}
