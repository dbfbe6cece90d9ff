//! The HTTP surface: who may call, what is answered, and both eras of the protocol on one address.

use serde_json::{Value, json};

use crate::support::http::{agent, get, json_of, post};
use crate::support::process::HttpServer;
use crate::support::{Database, both_databases};

fn list_tools() -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string()
}

fn remember(source: &str) -> String {
    let note = json!({"name": "remember", "arguments": {"source": source, "description": "d", "tags": []}});

    json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": note}).to_string()
}

/// A request as clients of the stateless protocol send it: it says itself which revision it speaks.
fn self_contained(method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "O'Client", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });

    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

both_databases! {
    async fn health_and_readiness_answer_without_ceremony(database: Database) {
        let server = HttpServer::start(database.home(), &["--database-url", database.url()]);

        let health = json_of(get(&server.at("/health")));
        let ready = get(&server.at("/ready"));

        assert_eq!(health["status"], "ok");
        assert_eq!(health["transport"], "streamable-http");
        assert!(health["uptime_sec"].is_number() && health["timestamp"].as_str().unwrap().ends_with("+00:00"));
        assert_eq!(ready.status(), 200);
        assert_eq!(json_of(ready), json!({"status": "ready"}));
        assert_eq!(get(&server.at("/elsewhere")).status(), 404);
    }

    async fn the_start_says_what_was_opened_and_how_to_connect(database: Database) {
        let server = HttpServer::start(database.home(), &["--database-url", database.url()]);

        let text = server.announced.join("\n");

        assert!(text.contains("store "), "{text}");
        assert!(text.contains("schema   m2026"), "{text}");
        assert!(text.contains(&format!("url      {}", server.url)), "{text}");
        assert!(text.contains("connect  "), "{text}");
    }

    async fn older_clients_shake_hands_and_are_answered_without_a_session(database: Database) {
        let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
        for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
            let hello = json!({
                "jsonrpc": "2.0", "id": 1, "method": "initialize",
                "params": {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}},
            })
            .to_string();
            let answer = post(&server.url, &[], &hello);
            assert_eq!(answer.status(), 200);
            assert!(answer.headers().get("mcp-session-id").is_none());
            let answer = json_of(answer);
            assert_eq!(answer["result"]["protocolVersion"], version);

            let noted = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
            assert_eq!(post(&server.url, &[("mcp-protocol-version", version)], &noted).status(), 202);
            let tools = json_of(post(&server.url, &[("mcp-protocol-version", version)], &list_tools()));
            assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 32);
            let stored = json_of(post(&server.url, &[("mcp-protocol-version", version)], &remember(version)));
            assert_eq!(stored["result"]["structuredContent"]["status"], "ok", "{stored}");
        }
        let raw = database.connect().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 4);
        let stale = post(&server.url, &[("mcp-session-id", "0123456789abcdef")], &list_tools());
        assert_eq!(stale.status(), 200, "an id of a session that never was is ignored");
    }

    async fn clients_of_the_stateless_protocol_need_no_handshake(database: Database) {
        let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
        let headers = |method: &'static str| [("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];

        let found = json_of(post(&server.url, &headers("server/discover"), &self_contained("server/discover", json!({}))));
        let tools = json_of(post(&server.url, &headers("tools/list"), &self_contained("tools/list", json!({}))));
        let mut named = headers("tools/call").to_vec();
        named.push(("mcp-name", "remember"));
        let note = json!({"name": "remember", "arguments": {"source": "s", "description": "d", "tags": ["t"]}});
        let stored = json_of(post(&server.url, &named, &self_contained("tools/call", note)));
        named[2].1 = "get_knowledge";
        let query = json!({"name": "get_knowledge", "arguments": {"mode": "list"}});
        let read = json_of(post(&server.url, &named, &self_contained("tools/call", query)));

        assert!(found["result"]["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")), "{found}");
        assert_eq!(tools["result"]["cacheScope"], "public");
        assert_eq!(stored["result"]["structuredContent"]["status"], "ok", "{stored}");
        assert_eq!(read["result"]["structuredContent"]["entries"][0]["read_count"], 1, "{read}");
        assert!(server.terminate());
        let raw = database.connect().await;
        assert_eq!(raw.texts("SELECT platform FROM reads").await, ["O'Client"], "the request says who the client is");
    }

    async fn what_is_no_request_is_refused_as_http_does(database: Database) {
        let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
        let agent = agent();

        let accept_half = agent
            .post(&server.url)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .send(list_tools())
            .unwrap();
        let other_type = agent
            .post(&server.url)
            .header("content-type", "text/plain")
            .header("accept", "application/json, text/event-stream")
            .send(list_tools())
            .unwrap();

        assert_eq!(get(&server.url).status(), 405);
        assert_eq!(agent.delete(&server.url).call().unwrap().status(), 405);
        assert_eq!(accept_half.status(), 406);
        assert_eq!(other_type.status(), 415);
        assert!(post(&server.url, &[], "{not json").status().is_client_error());
        let large = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#, "x".repeat(5 * 1024 * 1024));
        assert_eq!(post(&server.url, &[], &large).status(), 413);
        assert_eq!(post(&server.url, &[], &list_tools()).status(), 200, "and the server goes on");
    }

    async fn only_known_names_may_call(database: Database) {
        let server = HttpServer::start(
            database.home(),
            &["--database-url", database.url(), "--allowed-hosts", "memory.example"],
        );
        let status = |name: &str, value: &str| post(&server.url, &[(name, value)], &list_tools()).status().as_u16();

        assert_eq!(status("host", "localhost:1"), 200);
        assert_eq!(status("host", "memory.example"), 200);
        assert_eq!(status("host", "evil.example"), 403);
        assert_eq!(status("origin", "http://localhost:3000"), 200);
        assert_eq!(status("origin", "https://memory.example"), 200);
        assert_eq!(status("origin", "https://evil.example"), 403);
    }

    async fn behind_a_mount_path_nothing_else_answers(database: Database) {
        let server = HttpServer::start(
            database.home(),
            &["--database-url", database.url(), "--mount-path", "/s3cret/"],
        );
        let base = server.url.replace("/s3cret/mcp", "");

        assert!(server.url.ends_with("/s3cret/mcp"));
        assert_eq!(post(&server.url, &[], &list_tools()).status(), 200);
        assert_eq!(get(&format!("{base}/s3cret/health")).status(), 200);
        for path in ["/mcp", "/health", "/s3cretx/mcp", "/s3cret/../mcp", "//s3cret/mcp", "/S3CRET/mcp", "/"] {
            assert_eq!(post(&format!("{base}{path}"), &[], &list_tools()).status(), 404, "{path}");
        }
    }
}
