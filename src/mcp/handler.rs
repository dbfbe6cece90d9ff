//! The protocol's methods, as far as they are not the library's.

use rmcp::handler::server::tool::{IntoCallToolResult, ToolCallContext};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::time::Instant;

use super::envelope::ToolError;
use super::{INSTRUCTIONS, Server, arguments};
use crate::service::Invalid;

/// How long a client may keep the list of tools, in milliseconds: it changes with the version only.
const TOOLS_TTL_MS: u64 = 3_600_000;

/// What the library puts before the text when arguments do not fit a struct.
const UNFIT: &str = "failed to deserialize parameters:";

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let server = Implementation::new("awareness", env!("CARGO_PKG_VERSION"));

        ServerConfig::new(capabilities)
            .with_server_info(server)
            .with_instructions(INSTRUCTIONS.trim())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.get(name).cloned()
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.list_all())
            .with_ttl_ms(TOOLS_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.tools.get(&request.name) else {
            return Err(ErrorData::invalid_params("unknown tool", None));
        };
        let name = tool.name.clone();
        match arguments::normalise(&tool.input_schema, request.arguments.take()) {
            Ok(arguments) => request.arguments = Some(arguments),
            Err(invalid) => return ToolError::from(invalid).into_call_tool_result(),
        }

        let started = Instant::now();
        let response = self
            .tools
            .call(ToolCallContext::new(self, request, context))
            .await;
        let outcome = match &response {
            Ok(CallToolResponse::Complete(result)) if result.is_error == Some(true) => "refused",
            Ok(_) => "ok",
            Err(_) => "failed",
        };
        let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
        tracing::debug!(tool = %name, duration_ms, outcome, "tool call");

        refuse_unfit(response)
    }
}

/// Brings a refusal of the library's own into our envelope.
fn refuse_unfit(
    response: Result<CallToolResponse, ErrorData>,
) -> Result<CallToolResponse, ErrorData> {
    let unfit = match &response {
        Ok(CallToolResponse::Complete(result)) => result
            .content
            .first()
            .and_then(|content| content.as_text())
            .and_then(|text| text.text.strip_prefix(UNFIT)),
        _ => None,
    };

    match unfit {
        Some(reason) => {
            ToolError::from(Invalid::without_value(None, reason.trim())).into_call_tool_result()
        }
        None => response,
    }
}
