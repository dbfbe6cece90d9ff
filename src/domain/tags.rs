//! Tags of an entry.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;

/// Tags in the order given, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tags(Vec<String>);

impl Tags {
    /// Keeps the first of each tag, exactly as written.
    #[must_use]
    pub fn new(tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut tags: Vec<String> = tags.into_iter().map(Into::into).collect();
        let mut seen = HashSet::new();
        let is_first: Vec<bool> = tags.iter().map(|tag| seen.insert(tag.as_str())).collect();
        let mut is_first = is_first.into_iter();
        tags.retain(|_| is_first.next() == Some(true));

        Self(tags)
    }

    /// Takes tags as they are stored; an adopted row may hold a tag twice, and what is not a text is no tag.
    #[must_use]
    pub fn from_stored(stored: Value) -> Self {
        let Value::Array(items) = stored else {
            return Self::default();
        };

        Self(
            items
                .into_iter()
                .filter_map(|item| match item {
                    Value::String(tag) => Some(tag),
                    _ => None,
                })
                .collect(),
        )
    }

    /// The tags, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The JSON array they are stored as.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::from(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tag_given_twice_is_kept_once_in_the_first_place() {
        assert_eq!(Tags::new(["b", "a", "b", "A"]).as_slice(), ["b", "a", "A"]);
    }

    #[test]
    fn stored_tags_are_taken_as_they_are() {
        assert_eq!(
            Tags::from_stored(json!(["a", "a", 1])).as_slice(),
            ["a", "a"]
        );
        assert!(Tags::from_stored(json!({"a": 1})).is_empty());
    }
}
