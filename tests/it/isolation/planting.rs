//! What the other owner has: entries of every kind, with a text in every field that nobody else may ever see.

use serde_json::{Value, json};

use super::SENTINEL;
use crate::support::http::Holder;

/// Fills a store under one name, which stands wherever a caller names something: source, tag, key, version. Returns the
/// ids of all entries.
pub(super) fn plant(owner: &Holder, handle: &str) -> Vec<String> {
    let mut ids = knowledge(owner, handle);
    ids.extend(records(owner, handle));
    ids.extend(watched(owner, handle));
    ids.extend(intentions(owner, handle));
    ids.extend(trash(owner, &kept(handle, "trash")));
    log(owner, handle, &ids);

    ids
}

/// The arguments that most tools share.
fn kept(handle: &str, suffix: &str) -> Value {
    json!({"source": handle, "tags": [handle], "description": text(suffix), "learned_from": handle})
}

fn knowledge(owner: &Holder, handle: &str) -> Vec<String> {
    let with = |tool, suffix: &str, more| made(owner, tool, merged(kept(handle, suffix), more));
    let note = json!({
        "content": text("note"), "content_type": SENTINEL, "logical_key": handle, "language": "en",
    });
    let pattern = json!({"conditions": {SENTINEL: SENTINEL}, "effect": SENTINEL});
    let convention = json!({"tags": [handle, "memory-prompt"], "content": SENTINEL});
    let prompt = format!("{SENTINEL} {{{{name}}}}");
    let prompt = json!({"source": "custom-prompt", "logical_key": handle, "content": prompt});
    let preference = json!({"key": handle, "value": SENTINEL, "scope": handle});

    let first = with("remember", "note", note);
    let related = with("remember", "related", json!({"related_ids": [first]}));
    let change = json!({"entry_id": first, "description": text("changed"), "content": SENTINEL});
    owner.call("update_entry", change);

    vec![
        first,
        related,
        with("learn_pattern", "pattern", pattern),
        with("add_context", "context", json!({"expires_days": 3})),
        with("remember", "convention", convention),
        with("remember", "prompt", prompt),
        made(owner, "set_preference", preference),
    ]
}

fn records(owner: &Holder, handle: &str) -> [String; 2] {
    let schema = json!({
        "family": handle, "version": handle, "schema": {"title": SENTINEL, "type": "object"},
    });
    let record = json!({
        "logical_key": format!("{handle}-record"), "schema_ref": handle, "schema_version": handle,
        "content": {SENTINEL: SENTINEL},
    });

    [
        made(
            owner,
            "register_schema",
            merged(kept(handle, "schema"), schema),
        ),
        made(
            owner,
            "create_record",
            merged(kept(handle, "record"), record),
        ),
    ]
}

/// Words to search for beside the one nobody may see.
fn text(suffix: &str) -> String {
    format!("{SENTINEL} boiler pressure {suffix}")
}

fn watched(owner: &Holder, handle: &str) -> [String; 4] {
    let alert = |alert_id: String, resolved: bool| {
        json!({
            "source": handle, "tags": [handle], "alert_id": alert_id, "level": "critical",
            "alert_type": "structural", "message": text("alert"), "details": {SENTINEL: SENTINEL},
            "diagnostics": {SENTINEL: SENTINEL}, "metric": handle, "resolved": resolved,
        })
    };
    let status = json!({
        "source": handle, "tags": [handle], "metrics": {SENTINEL: SENTINEL}, "inventory": {SENTINEL: SENTINEL},
        "ttl_sec": 1,
    });
    let suppression = json!({
        "source": format!("{handle}-quiet"), "tags": [handle], "metric": handle, "reason": text("suppression"),
    });

    [
        made(owner, "report_status", status),
        made(owner, "report_alert", alert(handle.to_owned(), false)),
        made(
            owner,
            "report_alert",
            alert(format!("{handle}-resolved"), true),
        ),
        made(owner, "suppress_alert", suppression),
    ]
}

fn intentions(owner: &Holder, handle: &str) -> [String; 2] {
    let intention = |deliver_at: &str| {
        json!({
            "goal": text("intention"), "source": handle, "tags": [handle], "deliver_at": deliver_at,
            "constraints": SENTINEL, "recurrence": SENTINEL, "urgency": "high", "learned_from": handle,
        })
    };
    let due = made(owner, "remind", intention("2021-01-01"));
    let later = made(owner, "remind", intention("2999-01-01"));
    let change = json!({"entry_id": later, "state": "snoozed", "reason": SENTINEL});
    owner.call("update_intention", change);

    [due, later]
}

fn trash(owner: &Holder, note: &Value) -> [String; 2] {
    let trashed = [
        made(
            owner,
            "remember",
            merged(note.clone(), json!({"logical_key": "trashed"})),
        ),
        made(owner, "remember", note.clone()),
    ];
    for id in &trashed {
        owner.call("delete_entry", json!({"entry_id": id}));
    }

    trashed
}

/// Leaves reads and actions in the logs, under a client's name.
fn log(owner: &Holder, handle: &str, ids: &[String]) {
    for id in ids {
        owner.call("acted_on", json!({
            "entry_id": id, "action": SENTINEL, "platform": handle, "detail": SENTINEL, "tags": [handle],
        }));
    }
    let client = json!({"io.modelcontextprotocol/clientInfo": {"name": SENTINEL, "version": "1"}});
    for tool in ["get_knowledge", "get_alerts", "get_suppressions"] {
        owner.request(
            "tools/call",
            json!({"name": tool, "arguments": {}, "_meta": client}),
        );
    }
    owner.call("get_reads", json!({}));
}

fn merged(mut object: Value, more: Value) -> Value {
    object
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());

    object
}

/// Calls a tool that stores an entry; returns its id.
fn made(owner: &Holder, tool: &str, arguments: Value) -> String {
    let reply = owner.call(tool, arguments);

    reply["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{tool}: {reply}"))
        .to_owned()
}
