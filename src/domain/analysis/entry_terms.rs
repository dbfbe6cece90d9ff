//! The terms an entry is found by, and how much each says.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::stems::{is_stop_word, stems};
use super::texts::each_text;
use super::tokens::{Token, tokens};
use crate::domain::{Entry, Language};

/// Which analysis this is. Stored beside the terms, so that those of an older one are made again; to be raised with every
/// change of what a text becomes.
pub const ANALYSIS: i32 = 1;

/// Terms of an entry with their weights, in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryTerms {
    weights: BTreeMap<String, u32>,
    length: u32,
}

impl EntryTerms {
    /// Analyses an entry in its own language: every text a person put into it.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let mut terms = Self::default();
        each_text(entry, |text, language, weight| {
            terms.add(text, language, weight);
        });

        terms
    }

    /// Each term with its weight, from 1.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.weights
            .iter()
            .map(|(term, weight)| (term.as_str(), *weight))
    }

    /// How many words the entry has, weighted like its terms; stems are not counted.
    #[must_use]
    pub fn length(&self) -> u32 {
        self.length
    }

    /// The form that is stored: `term` or `term^weight`, with a blank before and after each.
    #[must_use]
    pub fn to_stored(&self) -> String {
        let mut text = String::from(" ");
        for (term, weight) in self.iter() {
            text.push_str(term);
            if weight > 1 {
                // Writing to a text cannot fail.
                let _ = write!(text, "^{weight}");
            }
            text.push(' ');
        }

        text
    }

    /// Reads the stored form, term by term.
    pub fn parse_stored(text: &str) -> impl Iterator<Item = (&str, u32)> {
        text.split_ascii_whitespace()
            .map(|item| match item.rsplit_once('^') {
                Some((term, weight)) => (term, weight.parse().unwrap_or(1)),
                None => (item, 1),
            })
    }

    fn add(&mut self, text: &str, language: Language, weight: u32) {
        for token in tokens(text) {
            match token {
                Token::Word(word) => self.add_word(word, language, weight),
                Token::Name(whole, parts) => {
                    self.add_term(whole, weight);
                    for part in parts {
                        self.add_word(part, language, weight);
                    }
                }
                Token::Run(run) => {
                    for pair in run.windows(2) {
                        self.add_term(pair.iter().collect(), weight);
                        self.length += weight;
                    }
                    for character in run {
                        self.add_term(character.to_string(), weight);
                    }
                }
            }
        }
    }

    fn add_word(&mut self, word: String, language: Language, weight: u32) {
        if is_stop_word(language, &word) {
            return;
        }
        for stem in stems(language, &word) {
            self.add_term(stem, weight);
        }
        self.add_term(word, weight);
        self.length += weight;
    }

    fn add_term(&mut self, term: String, weight: u32) {
        *self.weights.entry(term).or_default() += weight;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{EntryId, EntryType, Timestamp};

    fn entry(entry_type: EntryType, language: &str, data: Value) -> Entry {
        let Value::Object(data) = data else {
            panic!("data is an object");
        };
        let mut entry = Entry::new(EntryId::from("id"), entry_type, "src", Timestamp::EPOCH);
        entry.language = Language::from_code(language).unwrap();
        entry.data = data;

        entry
    }

    fn stored(entry: &Entry) -> String {
        EntryTerms::of(entry).to_stored()
    }

    #[test]
    fn descriptions_weigh_more_and_stop_words_nothing() {
        let data = json!({"description": "The plans", "content": "planning is cheap", "learned_from": "not a text of it"});

        assert_eq!(
            stored(&entry(EntryType::Note, "en", data)),
            " cheap plan^3 planning plans^2 src "
        );
    }

    #[test]
    fn every_type_has_its_texts() {
        for (entry_type, data, term) in [
            (EntryType::Alert, json!({"message": "Hot"}), "hot"),
            (EntryType::Pattern, json!({"effect": "load"}), "load"),
            (
                EntryType::Preference,
                json!({"key": "units", "value": {"length": "metric"}}),
                "metric",
            ),
            (
                EntryType::Status,
                json!({"metrics": {"cpu_load": 0.5}}),
                "cpu_load",
            ),
            (EntryType::Intention, json!({"goal": "water"}), "water"),
            (
                EntryType::Record,
                json!({"content": {"plant": ["rose", null, 3]}}),
                "rose",
            ),
        ] {
            let terms = stored(&entry(entry_type, "simple", data));
            assert!(terms.contains(&format!(" {term}")), "{entry_type}: {terms}");
        }
    }

    #[test]
    fn the_stored_form_is_read_back() {
        let data = json!({"description": "東京 ERR-4012^9 foo^bar", "content": "東京"});
        let terms = EntryTerms::of(&entry(EntryType::Note, "simple", data));

        let text = terms.to_stored();
        assert!(EntryTerms::parse_stored(&text).eq(terms.iter()), "{text}");
        assert!(text.contains(" 東京^3 "), "{text}");
        assert_eq!(terms.length(), 3 + 2 * 5 + 1, "pairs, words and the source");
    }
}
