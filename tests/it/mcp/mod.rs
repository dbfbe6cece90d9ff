//! The tools, through a real client session, on both databases.

mod arguments;
mod budgets;
mod every_tool;
mod intentions;
mod isolation;
mod knowledge;
mod listing;
mod pages;
mod reads;
mod records;
mod related;
mod schemas;
mod search;
mod tracking;
mod trash;
mod update;

use serde_json::{Value, json};

use crate::support::{Product, Session};

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
