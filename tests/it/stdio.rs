//! Both eras of the protocol over pipes.

use serde_json::{Value, json};

use crate::support::process::StdioServer;
use crate::support::{Database, both_databases};

/// Parameters as clients of the stateless protocol send them: each request says which revision it speaks.
fn self_contained(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });

    params
}

fn remember(source: &str) -> Value {
    json!({"name": "remember", "arguments": {"source": source, "description": "d", "tags": []}})
}

both_databases! {
    async fn older_clients_shake_hands(database: Database) {
        let revisions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
        for revision in revisions {
            let mut server = StdioServer::silent(database.home(), &["--database-url", database.url()]);
            server.shake_hands(revision);

            let tools = server.request("tools/list", json!({}));
            let stored = server.request("tools/call", remember(revision));

            assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 32, "{revision}");
            assert_eq!(stored["result"]["structuredContent"]["status"], "ok", "{revision}: {stored}");
            server.finish();
        }

        let raw = database.connect().await;
        assert_eq!(raw.texts("SELECT source FROM entries ORDER BY source").await, revisions);
    }

    async fn clients_of_the_stateless_protocol_need_no_handshake(database: Database) {
        let mut server = StdioServer::silent(database.home(), &["--database-url", database.url()]);

        let found = server.request("server/discover", self_contained(json!({})));
        let tools = server.request("tools/list", self_contained(json!({})));
        let stored = server.request("tools/call", self_contained(remember("s")));

        assert!(found["result"]["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")), "{found}");
        assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 32);
        assert_eq!(tools["result"]["cacheScope"], "public");
        assert_eq!(stored["result"]["structuredContent"]["status"], "ok", "{stored}");
        server.finish();
        let raw = database.connect().await;
        assert_eq!(raw.texts("SELECT source FROM entries").await, ["s"]);
    }
}
