//! The protocol's methods, as far as they are not the library's.

use rmcp::handler::server::tool::{IntoCallToolResult, ToolCallContext};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
    GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
    ServerConfig, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::time::Instant;

use super::envelope::ToolError;
use super::{INSTRUCTIONS, LISTS_TTL_MS, Options, Server, arguments, icons, subscriptions};
use crate::service::Invalid;

/// What the library puts before the text when arguments do not fit a struct.
const UNFIT: &str = "failed to deserialize parameters:";

/// What the server says of itself.
pub(super) fn info(options: &Options) -> ServerConfig {
    let capabilities = ServerCapabilities::builder()
        .enable_tools()
        .enable_resources()
        .enable_resources_subscribe()
        .enable_prompts()
        .enable_prompts_list_changed()
        .enable_completions()
        .build();
    let base = options.public_url.as_deref();
    let mut server = Implementation::new("awareness", env!("CARGO_PKG_VERSION"))
        .with_title("Awareness")
        .with_description(env!("CARGO_PKG_DESCRIPTION"))
        .with_icons(icons::icons(base));
    if let Some(base) = base {
        server = server.with_website_url(base);
    }

    ServerConfig::new(capabilities)
        .with_server_info(server)
        .with_instructions(INSTRUCTIONS.trim())
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        self.info.as_ref().clone()
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
            .with_ttl_ms(LISTS_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(Self::resources())
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(Self::resource_templates())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.resource(&request.uri, &context).await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.prompts(request, &context).await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.prompt(request, &context).await
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(subscriptions::watchable(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.tell(context).await
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscribe_older(request.uri, context).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.unsubscribe_older(&request.uri);

        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.completion(request, &context).await
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

        if let Some(question) = self.ask_before_deleting(&mut request, &context).await? {
            return Ok(question);
        }

        let takes_links = takes_links(&context);
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

        let mut response = refuse_unfit(response)?;
        if let (CallToolResponse::Complete(result), false) = (&mut response, takes_links) {
            result
                .content
                .retain(|content| content.as_resource_link().is_none());
        }

        Ok(response)
    }
}

/// Whether the client's revision of the protocol knows links to resources in results.
fn takes_links(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2025_06_18.as_str())
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
