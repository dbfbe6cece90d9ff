//! The tools, prompts and resources the official conformance runner asks a server for, on the product's own transport:
//! `cargo run --example conformance_fixtures -- PORT`.
//!
//! Test-only. What is checked is the transport, so nothing here knows memories. Names and answers are the runner's;
//! `tests/clients/conformance.sh` starts this and says which scenarios run against it.
#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a program for tests that should stop loudly"
)]
#![expect(
    deprecated,
    reason = "the runner still asks for logging and for subscriptions by resource"
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use awareness::domain::Owner;
use awareness::store::Store;
use awareness::transport::http;
use migration::{DatabaseUrl, Direction, Migrator, Runner};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
    CompletionInfo, ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
    InputRequest, InputRequiredResult, JsonObject, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, LoggingLevel, LoggingMessageNotificationParam,
    PaginatedRequestParams, ProgressNotificationParam, Prompt, PromptArgument, PromptMessage,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource,
    ResourceContents, ResourceTemplate, Role, ServerCapabilities, ServerConfig,
    SetLevelRequestParams, SubscribeRequestParams, Tool, UnsubscribeRequestParams,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const OWNER: &str = "conformance";

/// How long tools that report on the way work on each part.
const STEP: Duration = Duration::from_millis(50);

/// One red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// Eight-bit mono without a sample.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

const STATIC_TEXT: &str = "test://static-text";
const STATIC_BINARY: &str = "test://static-binary";
const WATCHED: &str = "test://watched-resource";

type Context = RequestContext<RoleServer>;

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).expect("the port to listen on");
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();

    // Heard from here on, so that the store below is always removed.
    let mut terminate = signal(SignalKind::terminate()).unwrap();

    // The health routes want a store.
    let home = tempfile::tempdir().unwrap();
    let setting = format!("sqlite:{}", home.path().join("awareness.db").display());
    let url = DatabaseUrl::parse(&setting).unwrap();
    Runner::new(url.clone(), Migrator::new(OWNER))
        .run(Direction::Up, None)
        .await
        .unwrap();
    let store = Store::open(&url).await.unwrap();

    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stopping.cancel();
    });
    let access = http::Access {
        hosts: Vec::new(),
        mount_path: None,
        callers: http::Callers::Everyone(Owner::new(OWNER).unwrap()),
    };

    eprintln!("listening on http://{address}/mcp");
    http::serve(listener, Fixtures::new(), store, access, stop)
        .await
        .unwrap();
}

/// The handler. Its state is shared between requests, as there are no sessions to keep it in.
#[derive(Clone)]
struct Fixtures {
    level: Arc<Mutex<LoggingLevel>>,
    watched: Arc<Mutex<BTreeSet<String>>>,
}

impl Fixtures {
    fn new() -> Self {
        Self {
            level: Arc::new(Mutex::new(LoggingLevel::Info)),
            watched: Arc::default(),
        }
    }
}

impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(
            ServerCapabilities::builder()
                .enable_completions()
                .enable_logging()
                .enable_prompts()
                .enable_resources()
                .enable_resources_subscribe()
                .enable_tools()
                .build(),
        )
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        match request.name.as_ref() {
            "test_tool_with_logging" => Ok(self.log(&context).await.into()),
            "test_tool_with_progress" => Ok(report_progress(&context).await.into()),
            "test_elicitation"
            | "test_elicitation_sep1034_defaults"
            | "test_elicitation_sep1330_enums"
            | "test_sampling" => Ok(ask(&request)),
            name => answer(name).map(Into::into).ok_or_else(|| unknown(name)),
        }
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let argument = |name| text_of(request.arguments.as_ref(), name);
        let messages = match request.name.as_str() {
            "test_simple_prompt" => {
                vec![ContentBlock::text("This is a simple prompt for testing.")]
            }
            "test_prompt_with_arguments" => vec![ContentBlock::text(format!(
                "Prompt with arguments: arg1='{}', arg2='{}'",
                argument("arg1"),
                argument("arg2")
            ))],
            "test_prompt_with_embedded_resource" => vec![
                ContentBlock::embedded_text(
                    argument("resourceUri"),
                    "Embedded resource content for testing.",
                ),
                ContentBlock::text("Please process the embedded resource above."),
            ],
            "test_prompt_with_image" => vec![
                ContentBlock::image(PNG, "image/png"),
                ContentBlock::text("Please analyze the image above."),
            ],
            name => return Err(unknown(name)),
        };
        let messages = messages
            .into_iter()
            .map(|content| PromptMessage::new(Role::User, content));

        Ok(GetPromptResult::new(messages.collect()).into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _context: Context,
    ) -> Result<CompleteResult, ErrorData> {
        let values = ["testValue1", "testValue2"]
            .into_iter()
            .filter(|value| value.starts_with(&request.argument.value))
            .map(str::to_owned);

        Ok(CompleteResult::new(
            CompletionInfo::with_all_values(values.collect()).unwrap(),
        ))
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resource = |uri, name, media_type| {
            Resource::new(uri, name)
                .with_description("A resource for testing")
                .with_mime_type(media_type)
        };

        Ok(ListResourcesResult::with_all_items(vec![
            resource(STATIC_TEXT, "Static text", "text/plain"),
            resource(STATIC_BINARY, "Static binary", "image/png"),
            resource(WATCHED, "Watched resource", "text/plain"),
        ]))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let template = ResourceTemplate::new("test://template/{id}/data", "Template")
            .with_description("A resource for each id")
            .with_mime_type("application/json");

        Ok(ListResourceTemplatesResult::with_all_items(vec![template]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri.as_str();
        let contents = match uri {
            STATIC_TEXT => {
                ResourceContents::text("This is the content of the static text resource.", uri)
            }
            STATIC_BINARY => ResourceContents::blob(PNG, uri).with_mime_type("image/png"),
            WATCHED => ResourceContents::text("This is the content of the watched resource.", uri),
            _ => from_template(uri).ok_or_else(|| {
                ErrorData::resource_not_found("no such resource", Some(json!({"uri": uri})))
            })?,
        };

        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        _context: Context,
    ) -> Result<(), ErrorData> {
        *self.level.lock().unwrap() = request.level;

        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _context: Context,
    ) -> Result<(), ErrorData> {
        self.watched.lock().unwrap().insert(request.uri);

        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: Context,
    ) -> Result<(), ErrorData> {
        let was_watched = self.watched.lock().unwrap().remove(&request.uri);

        was_watched
            .then_some(())
            .ok_or_else(|| ErrorData::invalid_params("not subscribed", None))
    }
}

impl Fixtures {
    /// Says three times how far it is, in messages that come before the answer.
    async fn log(&self, context: &Context) -> CallToolResult {
        let is_wanted = *self.level.lock().unwrap() as u8 <= LoggingLevel::Info as u8;
        for message in [
            "Tool execution started",
            "Tool processing data",
            "Tool execution completed",
        ] {
            if is_wanted {
                let message =
                    LoggingMessageNotificationParam::new(LoggingLevel::Info, message.into());
                context.peer.notify_logging_message(message).await.unwrap();
            }
            sleep(STEP).await;
        }

        success([ContentBlock::text("Logged three messages.")])
    }
}

async fn report_progress(context: &Context) -> CallToolResult {
    let token = context.meta.get_progress_token();
    for progress in [0.0, 50.0, 100.0] {
        if let Some(token) = &token {
            let progress =
                ProgressNotificationParam::new(token.clone(), progress).with_total(100.0);
            context.peer.notify_progress(progress).await.unwrap();
        }
        sleep(STEP).await;
    }

    success([ContentBlock::text("Reported progress three times.")])
}

/// What the tools say that always say the same.
fn answer(tool: &str) -> Option<CallToolResult> {
    let image = ContentBlock::image(PNG, "image/png");

    Some(match tool {
        "json_schema_2020_12_tool" => success([ContentBlock::text("The schema is the point.")]),
        "test_simple_text" => success([ContentBlock::text(
            "This is a simple text response for testing.",
        )]),
        "test_image_content" => success([image]),
        "test_audio_content" => success([ContentBlock::audio(WAV, "audio/wav")]),
        "test_embedded_resource" => success([ContentBlock::embedded_text(
            "test://embedded-resource",
            "This is an embedded resource content.",
        )]),
        "test_multiple_content_types" => success([
            ContentBlock::text("Multiple content types test:"),
            image,
            ContentBlock::resource(
                ResourceContents::text(
                    r#"{"test":"data","value":123}"#,
                    "test://mixed-content-resource",
                )
                .with_mime_type("application/json"),
            ),
        ]),
        "test_error_handling" => CallToolResult::error(vec![ContentBlock::text(
            "This tool intentionally returns an error for testing",
        )]),
        "test_reconnection" => success([ContentBlock::text("Answered without a break.")]),
        _ => return None,
    })
}

/// Asks the client, as a server without sessions can: the answer comes with the repeated call.
fn ask(request: &CallToolRequestParams) -> CallToolResponse {
    if let Some(responses) = &request.input_responses {
        let response = serde_json::to_string(responses).unwrap();
        return success([ContentBlock::text(format!("Response: {response}"))]).into();
    }

    let argument = |name| text_of(request.arguments.as_ref(), name);
    let question = match request.name.as_ref() {
        "test_sampling" => json!({
            "method": "sampling/createMessage",
            "params": {
                "messages": [{"role": "user", "content": {"type": "text", "text": argument("prompt")}}],
                "maxTokens": 100,
            },
        }),
        "test_elicitation" => elicitation(
            &argument("message"),
            &json!({
                "username": {"type": "string", "description": "User's response"},
                "email": {"type": "string", "description": "User's email address"},
            }),
        ),
        "test_elicitation_sep1034_defaults" => elicitation("Defaults", &defaults()),
        _ => elicitation("Choices", &choices()),
    };
    let question: InputRequest = serde_json::from_value(question).unwrap();

    InputRequiredResult::from_input_requests([("question".to_owned(), question)].into()).into()
}

fn elicitation(message: &str, properties: &Value) -> Value {
    json!({
        "method": "elicitation/create",
        "params": {
            "message": message,
            "requestedSchema": {"type": "object", "properties": properties},
        },
    })
}

fn defaults() -> Value {
    json!({
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {
            "type": "string",
            "enum": ["active", "inactive", "pending"],
            "default": "active",
        },
        "verified": {"type": "boolean", "default": true},
    })
}

fn choices() -> Value {
    let options = json!(["option1", "option2", "option3"]);
    let titled = json!([
        {"const": "value1", "title": "First"},
        {"const": "value2", "title": "Second"},
        {"const": "value3", "title": "Third"},
    ]);

    json!({
        "untitledSingle": {"type": "string", "enum": options},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    })
}

fn tools() -> Vec<Tool> {
    let with_text =
        |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
    let without = json!({"type": "object", "properties": {}});

    [
        ("json_schema_2020_12_tool", json_schema_2020_12()),
        ("test_audio_content", without.clone()),
        ("test_elicitation", with_text("message")),
        ("test_elicitation_sep1034_defaults", without.clone()),
        ("test_elicitation_sep1330_enums", without.clone()),
        ("test_embedded_resource", without.clone()),
        ("test_error_handling", without.clone()),
        ("test_image_content", without.clone()),
        ("test_multiple_content_types", without.clone()),
        ("test_reconnection", without.clone()),
        ("test_sampling", with_text("prompt")),
        ("test_simple_text", without.clone()),
        ("test_tool_with_logging", without.clone()),
        ("test_tool_with_progress", without),
    ]
    .into_iter()
    .map(|(name, schema)| {
        let schema: JsonObject = serde_json::from_value(schema).unwrap();
        Tool::new(name, "A tool for testing", schema)
    })
    .collect()
}

/// What must reach the client as it is.
fn json_schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            },
        },
        "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"}},
        "additionalProperties": false,
    })
}

fn prompts() -> Vec<Prompt> {
    [
        ("test_simple_prompt", &[] as &[&str]),
        ("test_prompt_with_arguments", &["arg1", "arg2"]),
        ("test_prompt_with_embedded_resource", &["resourceUri"]),
        ("test_prompt_with_image", &[]),
    ]
    .into_iter()
    .map(|(name, arguments)| {
        let arguments = arguments.iter().map(|name| {
            PromptArgument::new(*name)
                .with_description("An argument for testing")
                .with_required(true)
        });
        Prompt::new(
            name,
            Some("A prompt for testing"),
            Some(arguments.collect()),
        )
    })
    .collect()
}

fn from_template(uri: &str) -> Option<ResourceContents> {
    let id = uri
        .strip_prefix("test://template/")?
        .strip_suffix("/data")?;
    let text = json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});

    Some(ResourceContents::text(text.to_string(), uri).with_mime_type("application/json"))
}

fn success<const COUNT: usize>(content: [ContentBlock; COUNT]) -> CallToolResult {
    CallToolResult::success(content.into())
}

fn text_of(arguments: Option<&JsonObject>, name: &str) -> String {
    arguments
        .and_then(|arguments| arguments.get(name)?.as_str())
        .unwrap_or_default()
        .to_owned()
}

fn unknown(name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("{name} is unknown"), None)
}
