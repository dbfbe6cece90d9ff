//! Entries to hit: one of every kind, under names the arguments know.

use serde_json::Value;

use crate::support::Session;

/// Calls that store an entry each, in this order.
const PLANTED: [(&str, &str); 14] = [
    (
        "remember",
        r#"{"source": "garden", "description": "water the plants", "tags": ["a", "b"], "logical_key": "plan",
            "content": {"deep": [1, "x"]}}"#,
    ),
    (
        "remember",
        r#"{"source": "custom-prompt", "description": "p", "tags": [], "logical_key": "plan", "content": "{{name}}"}"#,
    ),
    (
        "learn_pattern",
        r#"{"source": "garden", "description": "d", "tags": ["a"], "conditions": {"month": 2}, "effect": "pump"}"#,
    ),
    (
        "add_context",
        r#"{"source": "garden", "description": "d", "tags": ["b"]}"#,
    ),
    (
        "set_preference",
        r#"{"key": "plan", "value": "v", "scope": "global"}"#,
    ),
    (
        "register_schema",
        r##"{"source": "garden", "description": "d", "tags": [], "family": "plan", "version": "1", "schema": {
            "type": "object", "required": ["a"], "properties": {"a": {"type": ["string", "number"]}, "b": {"$ref": "#"}},
            "additionalProperties": {"enum": [1, null, "x"]}}}"##,
    ),
    (
        "register_schema",
        r#"{"source": "garden", "description": "d", "tags": [], "family": "plan", "version": "2", "schema": {
            "anyOf": [{"type": "string", "pattern": "^(a+)+$", "maxLength": 5}, {"multipleOf": 0.1},
                {"type": "array", "uniqueItems": true, "contains": {"type": "null"}}]}}"#,
    ),
    (
        "create_record",
        r#"{"source": "garden", "description": "d", "tags": ["a"], "logical_key": "plan-record", "schema_ref": "plan",
            "schema_version": "1", "content": {"a": 1}}"#,
    ),
    (
        "report_status",
        r#"{"source": "garden", "tags": ["a"], "metrics": {"cpu": 1}}"#,
    ),
    (
        "report_alert",
        r#"{"source": "garden", "tags": ["a"], "alert_id": "plan", "level": "warning", "alert_type": "threshold",
            "message": "the pump is hot"}"#,
    ),
    ("suppress_alert", r#"{"source": "garden", "tags": ["b"]}"#),
    (
        "remind",
        r#"{"goal": "g", "source": "garden", "tags": ["a"], "deliver_at": "2031-01-01"}"#,
    ),
    (
        "remind",
        r#"{"goal": "g", "source": "garden", "tags": ["b"], "deliver_at": "2099-01-01"}"#,
    ),
    (
        "remember",
        r#"{"source": "garden", "description": "to be trashed", "tags": ["a"]}"#,
    ),
];

/// How many entries there are.
pub(super) const ENTRIES: usize = PLANTED.len();

/// Stores them; returns their ids. The last is in the trash.
pub(super) async fn plant(session: &Session) -> Vec<String> {
    let mut ids = Vec::new();
    for (tool, arguments) in PLANTED {
        let reply = session
            .call(tool, serde_json::from_str(arguments).unwrap())
            .await;
        ids.push(reply["id"].as_str().expect("an id").to_owned());
    }
    let trashed = ids.last().map(|id| Value::from(id.as_str()));
    session
        .call("delete_entry", serde_json::json!({"entry_id": trashed}))
        .await;

    ids
}
