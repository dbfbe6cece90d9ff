//! Words an entry is found by: its text, cut into terms.
//!
//! Analysis happens here and nowhere else, so that both databases hold the same terms and give the same hits.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::{Entry, EntryType};

/// Distinct terms, in alphabetical order. Holds letters and digits only, so that no term is ever an operator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(BTreeSet<String>);

impl Words {
    /// Cuts a text into terms: compatibility-normalised, lower-case, split at Unicode word boundaries (UAX 29).
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let normalised: String = text.nfkc().collect();

        Self(normalised.unicode_words().flat_map(terms_of_word).collect())
    }

    /// The terms.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether the text had no words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn terms_of_word(word: &str) -> impl Iterator<Item = String> {
    word.split(|character: char| !character.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The words an entry is found by: every text a person put into it.
#[must_use]
pub fn words_of(entry: &Entry) -> Words {
    let keys: &[&str] = match entry.entry_type {
        EntryType::Preference => &["description", "key", "value", "scope"],
        _ => &[
            "description",
            "content",
            "goal",
            "message",
            "effect",
            "reason",
        ],
    };
    let texts = keys
        .iter()
        .filter_map(|key| entry.data.get(*key))
        .map(|value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
    let text = texts
        .chain(entry.tags.as_slice().iter().cloned())
        .chain([entry.source.clone()])
        .collect::<Vec<_>>()
        .join("\n");

    Words::of_text(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        Words::of_text(text).iter().map(str::to_owned).collect()
    }

    #[test]
    fn text_is_cut_into_plain_lower_case_terms() {
        assert_eq!(
            terms("Café-Öl  ＡＢＣ snake_case 3.14"),
            ["14", "3", "abc", "café", "case", "snake", "öl"]
        );
        assert_eq!(terms("foo\" OR bar*)"), ["bar", "foo", "or"]);
        assert!(Words::of_text(" — ").is_empty());
    }
}
