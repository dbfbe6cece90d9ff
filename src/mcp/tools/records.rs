//! `register_schema`, `create_record`: data of a known shape.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::{tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Stored, ids};
use crate::domain::{Data, Tags};
use crate::mcp::envelope::ToolError;
use crate::mcp::reply::{Json, Reply};
use crate::mcp::{Server, parse};
use crate::service::{Caller, NewRecord, NewSchema};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RegisterSchema {
    /// Where it belongs.
    source: String,
    /// Labels.
    tags: Vec<String>,
    /// What it describes.
    description: String,
    /// Its name.
    family: String,
    /// Any text without ":".
    version: String,
    /// JSON Schema, draft 2020-12, without remote references.
    schema: Data,
    /// Default "conversation".
    learned_from: Option<String>,
    /// ISO 639-1; default detected.
    language: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateRecord {
    /// Where it belongs.
    source: String,
    /// Labels.
    tags: Vec<String>,
    /// What it is.
    description: String,
    /// Its name: the same source and key updates it.
    logical_key: String,
    /// Family of the schema.
    schema_ref: String,
    /// Version of the schema, exactly.
    schema_version: String,
    /// The data, any JSON that fits the schema.
    content: Value,
    /// Default "conversation".
    learned_from: Option<String>,
    /// ISO 639-1; default detected.
    language: Option<String>,
    /// Ids of entries it belongs with.
    related_ids: Option<Vec<String>>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct SchemaRegistered {
    status: &'static str,
    id: String,
    logical_key: String,
}

impl Reply for SchemaRegistered {}

#[tool_router(router = record_tools, vis = "pub(crate)")]
impl Server {
    /// Store the shape of records. Schemas do not change: register another version, and delete the old one when no record
    /// uses it.
    #[tool(annotations(
        title = "Register a schema",
        read_only_hint = false,
        destructive_hint = false,
        idempotent_hint = false,
        open_world_hint = false
    ))]
    async fn register_schema(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<RegisterSchema>,
    ) -> Result<Json<SchemaRegistered>, ToolError> {
        let logical_key = format!("{}:{}", asked.family, asked.version);
        let schema = NewSchema {
            language: parse::language(asked.language.as_deref())?,
            source: asked.source,
            description: asked.description,
            tags: Tags::new(asked.tags),
            family: asked.family,
            version: asked.version,
            schema: asked.schema,
            learned_from: asked.learned_from,
        };
        let written = self.service.register_schema(&caller, schema).await?;

        Ok(Json(SchemaRegistered {
            status: "ok",
            id: written.id.into_string(),
            logical_key,
        }))
    }

    /// Store data that fits a registered schema, your own or one shared by the operator. For free text use remember.
    #[tool(annotations(
        title = "Create or update a record",
        read_only_hint = false,
        destructive_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn create_record(
        &self,
        caller: Caller,
        Parameters(asked): Parameters<CreateRecord>,
    ) -> Result<Json<Stored>, ToolError> {
        let record = NewRecord {
            language: parse::language(asked.language.as_deref())?,
            source: asked.source,
            description: asked.description,
            tags: Tags::new(asked.tags),
            logical_key: asked.logical_key,
            schema_ref: asked.schema_ref,
            schema_version: asked.schema_version,
            content: asked.content,
            learned_from: asked.learned_from,
            related_ids: ids(asked.related_ids),
        };
        let outcome = self.service.create_record(&caller, record).await?;

        Ok(Json(Stored::upserted(outcome, true)))
    }
}
