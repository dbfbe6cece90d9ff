//! Settings of providers: what starts, what does not, and what neither the log nor a page shows.

use serde_json::json;

use crate::support::embedder::{Embedder, Manner};
use crate::support::http::{get, json_of};
use crate::support::process::{HttpServer, run_with, text_of};

const SECRET: &str = "sk-very-secret";

#[test]
fn an_unknown_provider_does_not_start() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("AWARENESS_EMBEDDING_PROVIDER", "olama")];

    let output = run_with(home.path(), &variables, &["serve", "--port", "0"]);

    assert!(!output.status.success());
    let text = text_of(&output);
    for word in [
        "AWARENESS_EMBEDDING_PROVIDER",
        "olama",
        "builtin, local, ollama, openai, none",
    ] {
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn health_shows_the_model_in_use() {
    let home = tempfile::tempdir().unwrap();
    for (value, shown) in [
        (
            "builtin",
            json!({"provider": "builtin", "model": "awareness-static-256", "status": "ok"}),
        ),
        ("", json!({"provider": "none", "status": "ok"})),
    ] {
        let variables = [("AWARENESS_EMBEDDING_PROVIDER", value)];
        let server = HttpServer::start_in(home.path(), &variables, &[]);

        assert_eq!(json_of(get(&server.at("/health")))["embedding"], shown);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_shows_on_the_health_page_and_neither_key_nor_text_in_the_log() {
    let embedder = Embedder::start(Manner::Status(401)).await;
    let home = tempfile::tempdir().unwrap();
    let variables = [
        ("AWARENESS_EMBEDDING_PROVIDER", "openai"),
        ("AWARENESS_EMBEDDING_MODEL", "cats"),
        ("AWARENESS_OPENAI_URL", embedder.url.as_str()),
        ("AWARENESS_OPENAI_API_KEY", SECRET),
        ("AWARENESS_LOG", "trace"),
    ];
    let server = HttpServer::start_in(home.path(), &variables, &[]);
    let note = json!({"source": "s", "description": "the divorce papers", "tags": []});
    let stored = server.try_call("remember", note).unwrap();
    assert_eq!(stored["status"], "ok", "{stored}");
    embedder.until_asked(|asked| !asked.is_empty()).await;

    let page = server
        .try_call("search", json!({"query": "papers"}))
        .unwrap();
    let health = json_of(get(&server.at("/health")));

    assert!(page["degraded"].is_string(), "{page}");
    let status = "the embedding provider does not answer: status 401";
    let shown = json!({"provider": "openai", "model": "cats", "status": status});
    assert_eq!(health["embedding"], shown);
    let asked = embedder.asked();
    assert_eq!(asked[0].authorization, Some(format!("Bearer {SECRET}")));
    let log = server.into_log();
    assert!(log.contains("status 401"), "{log}");
    for word in [SECRET, "divorce", "papers"] {
        assert!(!log.contains(word), "{word}: {log}");
    }
}
