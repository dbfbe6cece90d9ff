//! `delete_entry`, `restore_entry`, `get_deleted`: the trash.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::JsonObject;
use rmcp::{tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{EntryId, EntryType, Tags};
use crate::mcp::envelope::ToolError;
use crate::mcp::forms::{EntryPage, ReadCounts};
use crate::mcp::reply::{Json, Reply};
use crate::mcp::{Server, parse};
use crate::service::{BulkTarget, Caller, Confirmation, Error, Invalid, RestoredByTags, Trashed};
use crate::store::RETENTION;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteEntry {
    /// Delete this entry; needs no confirm.
    entry_id: Option<String>,
    /// Or every entry with all of these tags.
    tags: Option<Vec<String>>,
    /// Or every entry of this source.
    source: Option<String>,
    /// With source: only this type. Alone: only "suppression", which lifts all suppressions.
    entry_type: Option<String>,
    /// Bulk only: false counts, true deletes.
    #[serde(default)]
    confirm: bool,
    /// Bulk only: delete only if exactly so many would go.
    expected_count: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RestoreEntry {
    /// Restore this entry.
    entry_id: Option<String>,
    /// Or every deleted entry with all of these tags.
    tags: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct GetDeleted {
    /// Deleted at or after this ISO 8601 time.
    since: Option<String>,
    /// "list" for summaries, "full" (default).
    mode: Option<String>,
    /// Default 100.
    limit: Option<i64>,
    offset: Option<i64>,
    /// Cut the reply at so many tokens.
    max_tokens: Option<i64>,
}

#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct Deletion {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    would_trash: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trashed: Option<u64>,
    #[serde(flatten)]
    target: Option<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recoverable_days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// What a bulk deletion was about, as it was asked for.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Target {
    Tags {
        tags: Vec<String>,
    },
    Source {
        source: String,
        entry_type: Option<&'static str>,
    },
    Type {
        entry_type: &'static str,
    },
}

#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct Restoration {
    status: &'static str,
    restored: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    /// Entries that stay in the trash, because their place was taken or their schema is gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflicts: Vec<RestoreConflict>,
}

#[derive(Serialize, JsonSchema)]
struct RestoreConflict {
    entry_id: String,
    /// The entry that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    existing_id: Option<String>,
    message: String,
}

impl Reply for Deletion {}
impl Reply for Restoration {}

#[tool_router(router = trash_tools, vis = "pub(crate)")]
impl Server {
    /// Move entries to the trash: one by entry_id, or many by tags or source. Call bulk deletion without confirm first, tell
    /// the user the count, then repeat with confirm. Recoverable with restore_entry for 30 days.
    #[tool(annotations(
        title = "Delete entries",
        read_only_hint = false,
        destructive_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn delete_entry(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<DeleteEntry>,
    ) -> Result<Json<Deletion>, ToolError> {
        let entry_type = parse::entry_type(asked.entry_type.as_deref())?;
        if let Some(id) = asked.entry_id.filter(|id| !id.is_empty()) {
            self.service
                .delete_entry(&caller, &EntryId::from(id.as_str()))
                .await?;
            return Ok(Json(Deletion::acknowledged(id)));
        }

        let target = bulk_target(asked.tags, asked.source, entry_type)?;
        let confirmation = if asked.confirm {
            let expected = asked.expected_count.map(|count| {
                u64::try_from(count)
                    .map_err(|_| Invalid::out_of_range("expected_count", count, 0, i64::MAX))
            });
            Confirmation::Confirmed(expected.transpose()?)
        } else {
            Confirmation::DryRun
        };
        let trashed = self
            .service
            .delete_many(&caller, &target, confirmation)
            .await?;

        Ok(Json(Deletion::of_many(target, trashed)))
    }

    /// Bring deleted entries back: one by entry_id, or all that carry all of the tags.
    #[tool(annotations(
        title = "Restore deleted entries",
        read_only_hint = false,
        destructive_hint = false,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn restore_entry(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<RestoreEntry>,
    ) -> Result<Json<Restoration>, ToolError> {
        if let Some(id) = asked.entry_id.filter(|id| !id.is_empty()) {
            let restored = self
                .service
                .restore_entry(&caller, &EntryId::from(id.as_str()))
                .await?;
            return Ok(Json(Restoration {
                status: if restored { "ok" } else { "not_found" },
                restored: restored.into(),
                entry_id: Some(id),
                ..Restoration::default()
            }));
        }
        let Some(tags) = asked.tags.filter(|tags| !tags.is_empty()) else {
            return Err(Invalid::without_value(None, "give entry_id or tags").into());
        };
        let outcome = self
            .service
            .restore_tagged(&caller, &Tags::new(tags.clone()))
            .await?;

        Ok(Json(Restoration::of_many(tags, outcome)))
    }

    /// List the trash, last deleted first, with the time each entry was deleted and will be gone for good (expires).
    #[tool(annotations(
        title = "List the trash",
        read_only_hint = true,
        open_world_hint = false
    ))]
    async fn get_deleted(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<GetDeleted>,
    ) -> Result<Json<EntryPage>, ToolError> {
        let page = parse::page(asked.limit, asked.offset, asked.max_tokens)?;
        let since = parse::timestamp("since", asked.since.as_deref())?;
        let shape = parse::shape(asked.mode.as_deref())?;
        let entries = self
            .service
            .get_deleted(&caller, since, shape, page)
            .await?;

        Ok(Json(EntryPage::new(entries, ReadCounts::Hidden)))
    }
}

/// What a bulk deletion with these arguments is about.
pub(crate) fn bulk_target_of(arguments: &JsonObject) -> Result<BulkTarget, Invalid> {
    let text = |name| arguments.get(name).and_then(Value::as_str);
    if text("entry_id").is_some_and(|id| !id.is_empty()) {
        return Err(Invalid::without_value(None, "one entry is no bulk"));
    }
    let tags = arguments.get("tags").and_then(Value::as_array);
    let tags = tags.map(|tags| {
        let tags = tags.iter().filter_map(Value::as_str);
        tags.map(str::to_owned).collect()
    });

    bulk_target(
        tags,
        text("source").map(str::to_owned),
        parse::entry_type(text("entry_type"))?,
    )
}

/// The first of tags, source and the type that may stand alone.
fn bulk_target(
    tags: Option<Vec<String>>,
    source: Option<String>,
    entry_type: Option<EntryType>,
) -> Result<BulkTarget, Invalid> {
    if let Some(tags) = tags.filter(|tags| !tags.is_empty()) {
        return Ok(BulkTarget::Tags(Tags::new(tags)));
    }
    if let Some(source) = source.filter(|source| !source.is_empty()) {
        return Ok(BulkTarget::Source(source, entry_type));
    }
    if entry_type == Some(EntryType::Suppression) {
        return Ok(BulkTarget::Suppressions);
    }

    Err(Invalid::without_value(
        None,
        "give entry_id, tags or source",
    ))
}

impl Deletion {
    fn acknowledged(id: String) -> Self {
        Self {
            status: "acknowledged",
            entry_id: Some(id),
            recoverable_days: Some(RETENTION.num_days()),
            note: Some("if the entry exists it is in the trash now"),
            ..Self::default()
        }
    }

    fn of_many(target: BulkTarget, trashed: Trashed) -> Self {
        let target = Some(Target::from(target));
        match trashed {
            Trashed::Would(count) => Self {
                status: "dry_run",
                would_trash: Some(count),
                target,
                message: Some(format!(
                    "{count} entries would go to the trash: tell the user, then repeat with confirm: true"
                )),
                ..Self::default()
            },
            Trashed::Did(count) => Self {
                status: "ok",
                trashed: Some(count),
                target,
                recoverable_days: Some(RETENTION.num_days()),
                ..Self::default()
            },
        }
    }
}

impl Restoration {
    fn of_many(tags: Vec<String>, outcome: RestoredByTags) -> Self {
        let conflicts = outcome
            .conflicts
            .into_iter()
            .map(|(id, obstacle)| RestoreConflict {
                entry_id: id.into_string(),
                message: obstacle.to_string(),
                existing_id: match obstacle {
                    Error::Taken(taken) => Some(taken.existing_id.into_string()),
                    _ => None,
                },
            });

        Self {
            status: "ok",
            restored: outcome.restored,
            tags: Some(tags),
            conflicts: conflicts.collect(),
            ..Self::default()
        }
    }
}

impl From<BulkTarget> for Target {
    fn from(target: BulkTarget) -> Self {
        match target {
            BulkTarget::Tags(tags) => Self::Tags {
                tags: tags.as_slice().to_vec(),
            },
            BulkTarget::Source(source, entry_type) => Self::Source {
                source,
                entry_type: entry_type.map(EntryType::as_str),
            },
            BulkTarget::Suppressions => Self::Type {
                entry_type: EntryType::Suppression.as_str(),
            },
        }
    }
}
