//! Plain requests over HTTP, with every status taken as an answer, and a client of one owner.

use serde_json::{Value, json};
use ureq::http::Response;
use ureq::{Agent, Body};

use super::process::HttpServer;

pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

pub(crate) fn post(url: &str, headers: &[(&str, &str)], body: &str) -> Response<Body> {
    let mut request = agent()
        .post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }

    request.send(body).unwrap()
}

pub(crate) fn get(url: &str) -> Response<Body> {
    agent().get(url).call().unwrap()
}

pub(crate) fn json_of(mut response: Response<Body>) -> Value {
    response.body_mut().read_json().unwrap()
}

/// Someone with a token, on one server.
pub(crate) struct Holder {
    agent: Agent,
    url: String,
    authorization: String,
}

impl Holder {
    pub(crate) fn of(token: &str, server: &HttpServer) -> Self {
        Self {
            agent: agent(),
            url: server.url.clone(),
            authorization: format!("Bearer {token}"),
        }
    }

    /// Sends a request that must be let in; returns the whole answer.
    pub(crate) fn request(&self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let response = self
            .agent
            .post(&self.url)
            .header("accept", "application/json, text/event-stream")
            .header("authorization", &self.authorization)
            .send_json(&request)
            .unwrap();
        assert_eq!(response.status(), 200, "{method}");

        json_of(response)
    }

    /// Calls a tool, whatever comes of it; returns the JSON of its text.
    pub(crate) fn call(&self, tool: &str, arguments: Value) -> Value {
        let reply = self.request("tools/call", json!({"name": tool, "arguments": arguments}));
        let text = reply["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_else(|| panic!("{tool}: {reply}"));

        serde_json::from_str(text).unwrap()
    }
}
