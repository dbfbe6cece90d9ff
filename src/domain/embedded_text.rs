//! The text of an entry that is turned into a vector.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Entry;

/// Characters of the content that are embedded; a longer one is cut there.
const CONTENT: usize = 500;

/// The text of an entry, with what it is and where it comes from; nobody but the model sees it.
#[must_use]
pub fn embedded_text(entry: &Entry) -> String {
    let mut lines = vec![
        format!("type: {}", entry.entry_type),
        format!("source: {}", entry.source),
    ];
    if !entry.tags.is_empty() {
        lines.push(format!("tags: {}", entry.tags.as_slice().join(", ")));
    }
    for key in ["description", "goal", "message"] {
        lines.extend(shown(entry.data.get(key)));
    }
    for key in ["effect", "key"] {
        let text = shown(entry.data.get(key));
        lines.extend(text.map(|text| format!("{key}: {text}")));
    }
    if let Some(value) = entry.data.get("value").filter(|value| !value.is_null()) {
        lines.push(format!("value: {}", text_of(value)));
    }
    lines.extend(shown(entry.data.get("scope")).map(|text| format!("scope: {text}")));
    if let Some(Value::Object(metrics)) = entry.data.get("metrics")
        && !metrics.is_empty()
    {
        let metrics: Vec<_> = metrics
            .iter()
            .map(|(name, value)| format!("{name}={}", text_of(value)))
            .collect();
        lines.push(format!("metrics: {}", metrics.join(", ")));
    }
    lines.extend(inventory(entry.data.get("inventory")));
    lines.extend(shown(entry.data.get("content")).map(|text| cut(&text)));

    lines.join("\n")
}

/// SHA-256 of a text, in lower-case hexadecimal digits: whether a vector is still that of its entry.
#[must_use]
pub fn text_hash(text: &str) -> String {
    let mut hash = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a text cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }

    hash
}

fn inventory(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(text_of).collect();
            Some(format!("inventory: {}", items.join(", ")))
        }
        value => shown(Some(value)).map(|text| format!("inventory: {text}")),
    }
}

/// A value as text, unless there is nothing in it.
fn shown(value: Option<&Value>) -> Option<String> {
    let value = value?;
    let is_empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };

    (!is_empty).then(|| text_of(value))
}

/// A text as it is, any other value as compact JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(CONTENT) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{EntryId, EntryType, Tags, Timestamp};

    fn text(entry_type: EntryType, tags: &[&str], data: Value) -> String {
        let Value::Object(data) = data else {
            panic!("data is an object");
        };
        let mut entry = Entry::new(EntryId::from("id"), entry_type, "src", Timestamp::EPOCH);
        entry.tags = Tags::new(tags.iter().copied());
        entry.data = data;

        embedded_text(&entry)
    }

    #[test]
    fn the_parts_come_in_order_and_empty_ones_leave_no_line() {
        let data = json!({
            "content": "more", "description": "d", "goal": "", "message": "m", "effect": "e", "scope": "s", "key": "k",
            "value": false, "learned_from": "not part of it",
        });

        assert_eq!(
            text(EntryType::Note, &["a", "b"], data),
            "type: note\nsource: src\ntags: a, b\nd\nm\neffect: e\nkey: k\nvalue: false\nscope: s\nmore"
        );
        assert_eq!(
            text(EntryType::Context, &[], json!({})),
            "type: context\nsource: src"
        );
    }

    #[test]
    fn every_part_has_its_place() {
        let data = json!({
            "content": "more", "inventory": ["pump"], "metrics": {"load": 1}, "scope": "s", "value": "v", "key": "k",
            "effect": "e", "message": "m", "goal": "g", "description": "d",
        });

        assert_eq!(
            text(EntryType::Note, &["a"], data.clone()),
            "type: note\nsource: src\ntags: a\nd\ng\nm\neffect: e\nkey: k\nvalue: v\nscope: s\nmetrics: load=1\n\
             inventory: pump\nmore"
        );
        assert_ne!(
            text(EntryType::Note, &["a"], data.clone()),
            text(EntryType::Context, &["a"], data),
            "what it is makes a difference"
        );
    }

    #[test]
    fn what_is_not_said_about_an_entry_is_no_part_of_it() {
        let data = json!({
            "conditions": {"day": "monday"}, "details": "d", "diagnostics": "d", "constraints": "c", "urgency": "high",
            "state": "pending", "learned_from": "l", "content_type": "text/plain", "family": "f", "version": "1",
            "schema": {"type": "object"}, "value": null, "metrics": {}, "inventory": [], "content": "", "tags": ["t"],
        });

        assert_eq!(text(EntryType::Note, &[], data), "type: note\nsource: src");
        assert_eq!(
            text(EntryType::Preference, &[], json!({"value": ""})),
            "type: preference\nsource: src\nvalue: ",
            "an empty value is one"
        );
    }

    #[test]
    fn values_are_compact_json_and_metrics_a_list() {
        assert_eq!(
            text(
                EntryType::Status,
                &[],
                json!({"metrics": {"load": 0.5, "disk": {"free": 7}}, "inventory": ["a", 1]})
            ),
            "type: status\nsource: src\nmetrics: disk={\"free\":7}, load=0.5\ninventory: a, 1"
        );
        assert_eq!(
            text(
                EntryType::Preference,
                &[],
                json!({"value": 0, "inventory": {"a": true}})
            ),
            "type: preference\nsource: src\nvalue: 0\ninventory: {\"a\":true}"
        );
    }

    #[test]
    fn content_is_cut_at_a_character() {
        let content = |length| text(EntryType::Note, &[], json!({"content": "é".repeat(length)}));

        assert!(content(500).ends_with("é"));
        assert!(content(501).ends_with("é..."));
        assert_eq!(content(1000).matches('é').count(), 500);
    }

    #[test]
    fn the_hash_is_that_of_the_text() {
        assert_eq!(
            text_hash("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_ne!(text_hash("abc"), text_hash("abd"));
    }
}
