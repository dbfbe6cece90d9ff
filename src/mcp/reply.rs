//! Answers: the object as structured content, and the same information as JSON text for older clients.

use std::borrow::Cow;

use rmcp::ErrorData;
use rmcp::handler::server::tool::IntoCallToolResult;
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, Resource};
use schemars::JsonSchema;
use serde::Serialize;

/// What a tool answers with.
pub(super) trait Reply: Serialize + JsonSchema + Send + 'static {
    /// The JSON text. The object itself, unless older clients know the tool by another form.
    fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Where more about what is answered can be read.
    fn links(&self) -> Vec<Resource> {
        Vec::new()
    }
}

/// Sends a reply in both forms. The name is the one the tool macro derives an output schema from.
pub(super) struct Json<T>(pub(super) T);

impl<T: Reply> IntoCallToolResult for Json<T> {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        let failed = |error: serde_json::Error| {
            tracing::error!(%error, "a reply could not be serialised");
            ErrorData::internal_error("the reply could not be serialised", None)
        };
        let text = self.0.text().map_err(failed)?;
        let structured = serde_json::to_value(&self.0).map_err(failed)?;

        let links = self.0.links().into_iter().map(ContentBlock::resource_link);
        let content = [ContentBlock::text(text)].into_iter().chain(links);
        let mut result = CallToolResult::success(content.collect());
        result.structured_content = Some(structured);

        Ok(result.into())
    }
}

impl<T: JsonSchema> JsonSchema for Json<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
