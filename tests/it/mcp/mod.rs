//! The tools, through a real client session, on both databases.

mod arguments;
mod backfill;
mod briefing;
mod budgets;
mod completion;
mod confirmation;
mod detection;
mod duplicates;
mod every_tool;
mod hint;
mod intentions;
mod isolation;
mod keys;
mod knowledge;
mod languages;
mod large_owners;
mod listing;
mod metadata;
mod model_change;
mod pages;
mod prompts;
mod reads;
mod records;
mod reference;
mod related;
mod resources;
mod schemas;
mod search;
mod search_meaning;
mod search_words;
mod subscriptions;
mod tracking;
mod trash;
mod update;
mod watch;

use serde_json::{Value, json};

use crate::support::{Database, Product, Session};

/// Remembers a note and returns its id.
async fn remember(session: &Session, description: &str, tags: &[&str]) -> String {
    let note = json!({"source": "garden", "description": description, "tags": tags});

    id_of(&session.call("remember", note).await)
}

fn id_of(reply: &Value) -> String {
    reply["id"].as_str().expect("an id").to_owned()
}

/// The entries of a page, whole.
async fn knowledge(session: &Session, arguments: Value) -> Vec<Value> {
    let page = session.call("get_knowledge", arguments).await;

    page["entries"].as_array().expect("entries").clone()
}

/// The descriptions of a page, in order.
async fn descriptions(session: &Session, arguments: Value) -> Vec<String> {
    knowledge(session, arguments)
        .await
        .iter()
        .map(|entry| {
            let description = entry
                .get("description")
                .unwrap_or(&entry["data"]["description"]);
            description.as_str().unwrap_or_default().to_owned()
        })
        .collect()
}

/// The one entry with an id, as `get_knowledge` shows it.
async fn entry(session: &Session, id: &str) -> Value {
    for entry_type in [
        "note",
        "pattern",
        "context",
        "preference",
        "record",
        "intention",
        "schema",
        "status",
        "alert",
    ] {
        let arguments =
            json!({"entry_type": entry_type, "include_history": "true", "include_expired": true});
        let found = knowledge(session, arguments)
            .await
            .into_iter()
            .find(|entry| entry["id"] == id);
        if let Some(found) = found {
            return found;
        }
    }

    panic!("no entry {id}");
}

/// A report of an alert with nothing special about it.
fn alert(source: &str, alert_id: &str, level: &str, message: &str) -> Value {
    json!({
        "source": source, "alert_id": alert_id, "level": level, "message": message, "alert_type": "threshold",
        "tags": [],
    })
}

/// Stores an entry past the product, as older writers may have left it.
async fn plant(database: &Database, id: &str, entry_type: &str, source: &str, data: &Value) {
    let data = data.to_string().replace('\'', "''");
    let statement = format!(
        "INSERT INTO entries (id, type, source, created, data)
         VALUES ('{id}', '{entry_type}', '{source}', '2031-02-03T04:00:00+00:00', '{data}')"
    );

    database.connect().await.run(&statement).await;
}

/// What a tool lists.
async fn listed(session: &Session, tool: &'static str, arguments: Value) -> Vec<Value> {
    let page = session.call(tool, arguments).await;

    page["entries"].as_array().expect("entries").clone()
}

/// One key of all that a tool lists.
async fn column(session: &Session, tool: &'static str, arguments: Value, key: &str) -> Vec<Value> {
    let rows = listed(session, tool, arguments).await;

    rows.iter().map(|row| row[key].clone()).collect()
}

/// The keys of an object, sorted.
fn keys(object: &Value) -> String {
    let keys: Vec<_> = object
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();

    keys.join(" ")
}

/// Logs an action on an entry.
async fn act(session: &Session, id: &str, action: &str) -> Value {
    let action = json!({"entry_id": id, "action": action});

    session.call("acted_on", action).await
}

async fn stop(product: Product) {
    product.service.shut_down().await;
}
