//! What a client reads beside tools: resources and prompts; and a client of the newest revision, with a person behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use awareness::domain::Owner;
use awareness::mcp::{Identity, Server};
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    ErrorData, GetPromptRequestParams, ProtocolVersion, ReadResourceRequestParams,
    ReadResourceResult,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt as _, RequestContext, RunningService, ServiceError,
};
use rmcp::{ClientHandler, RoleClient, ServiceExt as _};
use serde_json::Value;

use super::{DEFAULT_OWNER, Product, Session};

/// Someone who answers every question of a server alike.
#[derive(Clone)]
pub(crate) struct Person {
    answer: ElicitationAction,
    asked: Arc<AtomicUsize>,
}

/// A client of the newest revision of the protocol.
pub(crate) type NewerClient = RunningService<RoleClient, Person>;

impl Person {
    pub(crate) fn who_accepts() -> Self {
        Self::who_answers(ElicitationAction::Accept)
    }

    pub(crate) fn who_declines() -> Self {
        Self::who_answers(ElicitationAction::Decline)
    }

    fn who_answers(answer: ElicitationAction) -> Self {
        Self {
            answer,
            asked: Arc::default(),
        }
    }

    /// How often they were asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut client = ClientConfig::default();
        client.capabilities = ClientCapabilities::builder().enable_elicitation().build();

        client
    }

    async fn create_elicitation(
        &self,
        _request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        self.asked.fetch_add(1, Ordering::Relaxed);

        Ok(ElicitResult::new(self.answer.clone()))
    }
}

impl Product {
    /// A client of the newest revision for the default owner.
    pub(crate) async fn newer_client(&self, person: Person) -> NewerClient {
        let identity = Identity::Local(Owner::new(DEFAULT_OWNER).unwrap());
        let server = Server::new(self.service.clone(), identity);
        let (near, far) = tokio::io::duplex(1 << 20);
        tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
        let lifecycle = ClientLifecycleMode::Discover {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        };

        person.serve_with_lifecycle(near, lifecycle).await.unwrap()
    }
}

impl Session {
    /// Reads a resource that must be there; returns its JSON.
    pub(crate) async fn read(&self, uri: &str) -> Value {
        let result = self.read_whole(uri).await.unwrap();
        let json = serde_json::to_value(&result.contents).unwrap();
        assert_eq!(json[0]["mimeType"], "application/json", "{uri}");
        assert_eq!(json[0]["uri"], uri);

        serde_json::from_str(json[0]["text"].as_str().expect("text")).expect("JSON")
    }

    pub(crate) async fn read_whole(&self, uri: &str) -> Result<ReadResourceResult, ServiceError> {
        let request = ReadResourceRequestParams::new(uri);

        self.client().read_resource(request).await
    }

    /// Gets a prompt that must be there; returns its text.
    pub(crate) async fn prompt(&self, name: &str, arguments: Value) -> String {
        let result = self.get_prompt(name, arguments).await.unwrap();

        result["messages"][0]["content"]["text"]
            .as_str()
            .expect("a text")
            .to_owned()
    }

    /// Gets a prompt, as JSON, whatever comes of it.
    pub(crate) async fn get_prompt(
        &self,
        name: &str,
        arguments: Value,
    ) -> Result<Value, ServiceError> {
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object");
        };
        let request = GetPromptRequestParams::new(name).with_arguments(arguments);
        let result = self.client().get_prompt(request).await?;

        Ok(serde_json::to_value(result).unwrap())
    }
}

/// The code and the message of an error of the protocol.
pub(crate) fn protocol_error<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> (i32, String) {
    match result {
        Err(ServiceError::McpError(error)) => (error.code.0, error.message.into_owned()),
        other => panic!("not an error of the protocol: {other:?}"),
    }
}
