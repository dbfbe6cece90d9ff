//! A running server whose store stops serving: every caller gets the envelope, with the store's name and the way out, no
//! text of the database and no password; and what was acknowledged stays.

use serde_json::{Value, json};

use crate::support::process::HttpServer;
use crate::support::{Database, Kind};

/// Words only a database would use.
pub(crate) const DATABASE_TEXT: [&str; 8] = [
    "SQLITE", "sqlx", "SELECT", "INSERT", "(code", "relation", "pg_", "FATAL",
];

fn note(number: u32) -> Value {
    json!({"source": "s", "description": format!("note {number} {}", "x".repeat(2000)), "tags": ["t"]})
}

/// Checks a refusal and returns its message.
fn unavailable(reply: &Value, database: &Database) -> String {
    let error = &reply["error"];
    let message = error["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(reply["status"], "error", "{reply}");
    assert_eq!(error["code"], "unavailable", "{reply}");
    assert_eq!(error["retryable"], true, "{reply}");
    let store = database.parsed_url().to_string();
    assert!(message.contains(&store), "{message} does not name {store}");
    for word in DATABASE_TEXT {
        assert!(!message.contains(word), "{message} shows {word}");
    }

    message
}

#[tokio::test]
async fn a_disk_that_takes_no_more_is_named_and_loses_nothing_acknowledged() {
    let database = Database::migrated(Kind::Sqlite).await;
    let setting = ["--database-url", database.url()];
    let server = HttpServer::start_limited(database.home(), &setting, 2000);
    let mut acknowledged = 0;
    let refused = loop {
        let reply = server.try_call("remember", note(acknowledged)).unwrap();
        if reply["status"] != "ok" {
            break reply;
        }
        acknowledged += 1;
        assert!(acknowledged < 5000, "the disk took everything");
    };

    let message = unavailable(&refused, &database);
    assert!(message.contains("disk"), "{message}");
    let total = server.try_call("get_stats", json!({})).unwrap()["total"].clone();
    assert_eq!(total, acknowledged, "reading goes on");
    drop(server);
    let server = HttpServer::start(database.home(), &setting);
    let total = server.try_call("get_stats", json!({})).unwrap()["total"].clone();
    assert_eq!(total, acknowledged);
    assert_eq!(
        server.try_call("remember", note(0)).unwrap()["status"],
        "ok"
    );
}

#[tokio::test]
async fn a_file_that_was_taken_away_is_missed() {
    let database = Database::migrated(Kind::Sqlite).await;
    let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
    std::fs::remove_file(database.parsed_url().sqlite_path().unwrap()).unwrap();

    let refused = server.try_call("remember", note(1)).unwrap();

    let message = unavailable(&refused, &database);
    assert!(message.contains("exists"), "{message}");
}

#[tokio::test]
async fn a_file_that_another_writer_never_lets_go_is_busy() {
    let database = Database::migrated(Kind::Sqlite).await;
    let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
    let raw = database.connect().await;
    raw.run("BEGIN IMMEDIATE").await;

    let refused = server.try_call("remember", note(1)).unwrap();
    let stats = server.try_call("get_stats", json!({})).unwrap();
    raw.run("ROLLBACK").await;

    let message = unavailable(&refused, &database);
    assert!(message.contains("try again"), "{message}");
    assert_eq!(stats["total"], 0, "reading goes on");
    assert_eq!(
        server.try_call("remember", note(2)).unwrap()["status"],
        "ok"
    );
}

#[tokio::test]
async fn a_server_that_allows_no_writing_is_read_only() {
    let database = Database::migrated(Kind::Postgres).await;
    database
        .as_superuser("ALTER DATABASE {name} SET default_transaction_read_only = on")
        .await;
    let server = HttpServer::start(database.home(), &["--database-url", database.url()]);

    let refused = server.try_call("remember", note(1)).unwrap();

    let message = unavailable(&refused, &database);
    assert!(message.contains("read-only"), "{message}");
    assert_eq!(server.try_call("get_stats", json!({})).unwrap()["total"], 0);
    drop(server);
    database.guard().remove().await;
}

#[tokio::test]
async fn a_server_that_went_away_is_unreachable_until_it_is_back() {
    let database = Database::migrated(Kind::Postgres).await;
    let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
    assert_eq!(
        server.try_call("remember", note(1)).unwrap()["status"],
        "ok"
    );
    database
        .as_superuser("ALTER DATABASE {name} RENAME TO {name}_away")
        .await;

    let refused = server.try_call("remember", note(2)).unwrap();
    let message = unavailable(&refused, &database);
    assert!(message.contains("cannot be reached"), "{message}");

    database
        .as_superuser("ALTER DATABASE {name}_away RENAME TO {name}")
        .await;
    assert_eq!(
        server.try_call("remember", note(3)).unwrap()["status"],
        "ok"
    );
    assert_eq!(server.try_call("get_stats", json!({})).unwrap()["total"], 2);
    drop(server);
    database.guard().remove().await;
}
