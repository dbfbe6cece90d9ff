//! Who may call over HTTP, and as whom: self-signed tokens against the running server.

mod commands;
mod paths;
mod refusals;
mod settings;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::http::{Holder, json_of, post};
use crate::support::process::HttpServer;
use crate::support::token::{SECRET, token_of};
use crate::support::{DEFAULT_OWNER, Database, both_databases};

/// What makes a server ask for tokens.
const PROTECTED: [(&str, &str); 2] = [
    ("AWARENESS_AUTH_REQUIRED", "1"),
    ("AWARENESS_JWT_SECRET", SECRET),
];

/// Seconds since 1970 of a time that is long over, and of one that is far away.
const LONG_AGO: u64 = 1_000_000_000;
const FAR_AWAY: u64 = 9_000_000_000;

fn list_tools() -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string()
}

fn remember(text: &str) -> Value {
    json!({"source": "s", "description": text, "tags": ["t"]})
}

/// A server that asks for tokens, on a file of its own.
fn protected(home: &TempDir, arguments: &[&str]) -> HttpServer {
    HttpServer::start_in(home.path(), &PROTECTED, arguments)
}

fn protected_on(database: &Database) -> HttpServer {
    let arguments = ["--database-url", database.url()];

    HttpServer::start_in(database.home(), &PROTECTED, &arguments)
}

/// Asserts that a request is turned away with a word that says why.
fn assert_refused(server: &HttpServer, headers: &[(&str, &str)], word: &str) {
    let answer = post(&server.url, headers, &list_tools());
    assert_eq!(answer.status(), 401, "{headers:?}");
    assert_eq!(
        answer.headers()["www-authenticate"],
        "Bearer",
        "{headers:?}"
    );
    assert_eq!(answer.headers()["content-type"], "application/json");

    let body = json_of(answer);
    let text = body["error"].as_str().unwrap();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    assert!(text.contains(word), "{headers:?}: {text}");
}

both_databases! {
    async fn the_owner_is_whom_the_token_names_never_the_default(database: Database) {
        let server = protected_on(&database);
        let owners = ["bob", "O'Brien", "x'); DROP TABLE entries;--", "$$", "a\\b", "%", "Ünïcode", " bob", "BOB"];

        for owner in owners {
            let ours = Holder::of(&token_of(owner), &server);
            assert_eq!(ours.call("get_stats", json!({}))["total"], 0, "{owner} begins with nothing");
            let mut note = remember(owner);
            note["owner"] = DEFAULT_OWNER.into();
            note["owner_id"] = DEFAULT_OWNER.into();
            assert_eq!(ours.call("remember", note)["status"], "ok");
            assert_eq!(ours.call("get_stats", json!({}))["total"], 1);
        }

        let raw = database.connect().await;
        let mut stored = raw.texts("SELECT owner_id FROM entries").await;
        let mut expected = owners.map(str::to_owned).to_vec();
        stored.sort();
        expected.sort();
        assert_eq!(stored, expected);
        let said_otherwise = "SELECT COUNT(*) FROM entries WHERE owner_id <> data ->> 'description'";
        assert_eq!(raw.number(said_otherwise).await, 0);
    }

    async fn two_owners_on_one_server_never_meet(database: Database) {
        let server = protected_on(&database);

        std::thread::scope(|scope| {
            for owner in ["ann", "bob", "eve"] {
                let ours = Holder::of(&token_of(owner), &server);
                scope.spawn(move || {
                    for number in 1..=25 {
                        ours.call("remember", remember(&format!("{owner} {number}")));
                        let seen = ours.call("get_knowledge", json!({}));
                        let entries = seen["entries"].as_array().unwrap();
                        assert_eq!(entries.len(), number);
                        for entry in entries {
                            let text = entry["data"]["description"].as_str().unwrap();
                            assert!(text.starts_with(owner), "{owner}: {entry}");
                        }
                    }
                });
            }
        });
    }

    async fn an_id_of_a_session_gives_nobody_anothers_rights(database: Database) {
        let server = protected_on(&database);
        Holder::of(&token_of("ann"), &server).call("remember", remember("of ann"));
        let bearer = format!("Bearer {}", token_of("bob"));
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get_stats"}});
        let call = call.to_string();

        for session in ["0123456789abcdef0123456789abcdef", "ann"] {
            let answer = post(&server.url, &[("authorization", &bearer), ("mcp-session-id", session)], &call);
            assert_eq!(json_of(answer)["result"]["structuredContent"]["total"], 0, "the token decides");
            assert_refused(&server, &[("mcp-session-id", session)], "missing");
        }
    }

    async fn a_server_that_asks_for_nothing_takes_everyone_as_the_default_owner(database: Database) {
        let open = [("AWARENESS_AUTH_REQUIRED", "off"), ("AWARENESS_JWT_SECRET", SECRET)];
        let server = HttpServer::start_in(database.home(), &open, &["--database-url", database.url()]);

        for token in [token_of("bob"), "x".to_owned()] {
            Holder::of(&token, &server).call("remember", remember("of whom"));
        }

        let raw = database.connect().await;
        assert_eq!(raw.texts("SELECT DISTINCT owner_id FROM entries").await, [DEFAULT_OWNER]);
    }
}
