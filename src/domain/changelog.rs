//! The history an entry carries: what each change replaced.

use serde_json::{Map, Value, json};

use super::{Data, Timestamp};

/// The key of an entry's data that holds its history.
pub const CHANGELOG: &str = "changelog";

/// The previous values of what one change touches, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(Map<String, Value>);

impl Changes {
    /// Notes that `field` held `old` until now; a field that was absent held null.
    pub fn note(&mut self, field: &str, old: impl Into<Value>) {
        self.0.insert(field.to_owned(), old.into());
    }

    /// Sets a key of the data, noting the old value if the new one differs.
    pub fn set(&mut self, data: &mut Data, key: &str, new: impl Into<Value>) {
        let new = new.into();
        if data.get(key).unwrap_or(&Value::Null) == &new {
            return;
        }
        let old = match new {
            Value::Null => data.remove(key),
            new => data.insert(key.to_owned(), new),
        };
        self.note(key, old.unwrap_or_default());
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends the changes to the data's history, oldest first, under the time of the change.
    pub fn append_to(self, data: &mut Data, now: Timestamp) {
        let item = json!({"updated": now, "changed": self.0});
        match data.get_mut(CHANGELOG) {
            Some(Value::Array(items)) => items.push(item),
            _ => {
                data.insert(CHANGELOG.to_owned(), json!([item]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_remembers_the_old_value_and_null_where_there_was_none() {
        let mut data = Data::from_iter([("description".to_owned(), json!("old"))]);
        let mut changes = Changes::default();

        changes.set(&mut data, "description", "new");
        changes.set(&mut data, "content", "first");
        changes.set(&mut data, "content_type", Value::Null);
        changes.append_to(&mut data, Timestamp::parse("2031-02-03").unwrap());

        assert_eq!(
            Value::Object(data),
            json!({
                "description": "new",
                "content": "first",
                "changelog": [{
                    "updated": "2031-02-03T00:00:00+00:00",
                    "changed": {"description": "old", "content": null},
                }],
            })
        );
    }
}
