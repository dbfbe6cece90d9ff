//! How the content of a note becomes text.

use serde_json::Value;

/// Takes the content of a note: a text as it is, byte for byte; an object or array as its JSON text; null as none.
#[must_use]
pub fn content_text(content: Value) -> Option<String> {
    match content {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_that_looks_like_json_is_not_touched() {
        assert_eq!(content_text(json!("{ \"a\" :1}")).unwrap(), "{ \"a\" :1}");
        assert_eq!(content_text(json!("null")).unwrap(), "null");
        assert_eq!(content_text(json!({"a": [1]})).unwrap(), "{\"a\":[1]}");
        assert_eq!(content_text(Value::Null), None);
    }
}
