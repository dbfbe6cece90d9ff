//! A real MCP client talking to the product over pipes in memory.

use std::sync::Arc;

use awareness::domain::Owner;
use awareness::embed::{Builtin, Provider};
use awareness::mcp::{Identity, Options, Server};
use awareness::service::Service;
use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig};
use rmcp::service::RunningService;
use rmcp::{RoleClient, ServiceExt};
use serde_json::Value;

use super::time::{CountingIds, TestClock};
use super::{DEFAULT_OWNER, Database};

/// The product on a test's database, with a clock and ids of the test's own.
pub(crate) struct Product {
    pub(crate) service: Service,
    pub(crate) clock: Arc<TestClock>,
}

/// One client of one owner.
pub(crate) struct Session {
    client: RunningService<RoleClient, ClientConfig>,
}

impl Product {
    pub(crate) async fn start(database: &Database) -> Self {
        Self::start_with(database, Some(Arc::new(Builtin))).await
    }

    /// As [`Product::start`], with what turns texts into vectors.
    pub(crate) async fn start_with(
        database: &Database,
        provider: Option<Arc<dyn Provider>>,
    ) -> Self {
        let clock = Arc::new(TestClock::at("2031-02-03T04:05:06"));
        let store = database.store().await;
        let ids = Arc::new(CountingIds::default());
        let service = Service::with_every_part(store, clock.clone(), ids, provider);

        Self { service, clock }
    }

    /// A client of the default owner.
    pub(crate) async fn session(&self) -> Session {
        self.session_of(DEFAULT_OWNER).await
    }

    pub(crate) async fn session_of(&self, owner: &str) -> Session {
        self.connect(owner, ClientConfig::default(), &Options::default())
            .await
    }

    /// A client of the default owner that calls itself so.
    pub(crate) async fn session_named(&self, name: &str) -> Session {
        let mut client = ClientConfig::default();
        name.clone_into(&mut client.client_info.name);

        self.connect(DEFAULT_OWNER, client, &Options::default())
            .await
    }

    /// A client of the default owner that is shown the tools of a profile.
    pub(crate) async fn session_with_profile(&self, profile: &str) -> Session {
        let options = Options {
            profile: profile.parse().unwrap(),
            ..Options::default()
        };

        self.connect(DEFAULT_OWNER, ClientConfig::default(), &options)
            .await
    }

    async fn connect(&self, owner: &str, client: ClientConfig, options: &Options) -> Session {
        let identity = Identity::Local(Owner::new(owner).unwrap());
        let server = Server::with_options(self.service.clone(), identity, options);
        let (near, far) = tokio::io::duplex(1 << 20);
        let serving = tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
        let client = client.serve(near).await.unwrap();
        drop(serving);

        Session { client }
    }
}

impl Session {
    /// Calls a tool that must succeed; returns the JSON of its text.
    pub(crate) async fn call(&self, tool: &'static str, arguments: Value) -> Value {
        let result = self.result(tool, arguments).await;
        let text = text_of(&result);
        assert_ne!(result.is_error, Some(true), "{tool}: {text}");
        let structured = result.structured_content.expect("structured content");
        let whole = match &text {
            Value::Array(_) => structured
                .as_object()
                .unwrap()
                .values()
                .next()
                .unwrap()
                .clone(),
            _ => structured,
        };
        assert_eq!(whole, text, "{tool}: both forms say the same");

        text
    }

    /// Calls a tool that must refuse; returns the error of its envelope.
    pub(crate) async fn refused(&self, tool: &'static str, arguments: Value) -> Value {
        let result = self.result(tool, arguments).await;
        let text = text_of(&result);
        assert_eq!(result.is_error, Some(true), "{tool} did not refuse: {text}");
        assert_eq!(result.structured_content, None);
        assert_eq!(text["status"], "error");
        let error = text["error"].as_object().unwrap();
        for key in ["code", "message", "retryable"] {
            assert!(error.contains_key(key), "{tool}: no {key} in {text}");
        }
        for (key, value) in error {
            assert!(!value.is_null(), "{tool}: {key} is null in {text}");
        }

        text["error"].clone()
    }

    /// Calls a tool, whatever comes of it.
    pub(crate) async fn result(&self, tool: &'static str, arguments: Value) -> CallToolResult {
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object");
        };
        let request = CallToolRequestParams::new(tool).with_arguments(arguments);

        self.client.call_tool(request).await.unwrap()
    }

    pub(crate) fn client(&self) -> &RunningService<RoleClient, ClientConfig> {
        &self.client
    }
}

fn text_of(result: &CallToolResult) -> Value {
    let [content, links @ ..] = result.content.as_slice() else {
        panic!("no content: {result:?}");
    };
    assert!(
        links.iter().all(|link| link.as_resource_link().is_some()),
        "more than one text: {result:?}"
    );

    serde_json::from_str(&content.as_text().expect("text").text).expect("JSON")
}
