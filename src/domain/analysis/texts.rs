//! The texts of an entry that it is found by.

use serde_json::Value;

use crate::domain::{Entry, EntryType, Language};

/// How often a word in the description counts, against one elsewhere.
const HEADLINE: u32 = 2;

/// Visits every text a person put into an entry, with its language and how much its words count.
pub(super) fn each_text(entry: &Entry, mut visit: impl FnMut(&str, Language, u32)) {
    for key in ["description", "goal", "message"] {
        if let Some(text) = entry.text(key) {
            visit(text, entry.language, HEADLINE);
        }
    }
    let keys: &[&str] = match entry.entry_type {
        EntryType::Preference => &["key", "value", "scope"],
        EntryType::Status => &["metrics", "inventory"],
        EntryType::Schema => &["family"],
        _ => &["content", "effect", "reason"],
    };
    for key in keys {
        if let Some(value) = entry.data.get(*key) {
            each_text_of(value, entry.language, &mut |text, language| {
                visit(text, language, 1);
            });
        }
    }
    for tag in entry.tags.as_slice() {
        visit(tag, entry.language, 1);
    }
    visit(&entry.source, Language::SIMPLE, 1);
}

/// Visits a value; of structured ones every name and every text, number and truth value.
fn each_text_of(value: &Value, language: Language, visit: &mut impl FnMut(&str, Language)) {
    match value {
        Value::Null => {}
        Value::String(text) => visit(text, language),
        Value::Array(items) => {
            for item in items {
                each_text_of(item, language, visit);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                visit(name, Language::SIMPLE);
                each_text_of(value, language, visit);
            }
        }
        other => visit(&other.to_string(), Language::SIMPLE),
    }
}
