//! What a query has in quotation marks: words that are wanted as they stand, one behind the other.

use super::query_words::QueryWords;
use super::texts::each_text;
use super::tokens::{Token, tokens};
use crate::domain::{Entry, Language};

/// Quotation marks, each with those that close it.
const MARKS: [(char, &[char]); 7] = [
    ('"', &['"']),
    ('\u{201C}', &['\u{201D}']),
    ('\u{201E}', &['\u{201C}', '\u{201D}']),
    ('\u{00AB}', &['\u{00BB}']),
    ('\u{00BB}', &['\u{00AB}']),
    ('\u{300C}', &['\u{300D}']),
    ('\u{300E}', &['\u{300F}']),
];

/// A piece of a query in quotation marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    text: String,
    spelled: String,
}

impl Phrase {
    /// The phrases of a query, in order; those without a letter or digit are none.
    #[must_use]
    pub fn all_of(query: &str) -> Vec<Self> {
        let mut phrases = Vec::new();
        let mut rest = query;
        while let Some(at) = rest.find(|character| closing(character).is_some()) {
            let (_, from_mark) = rest.split_at(at);
            let mut characters = from_mark.chars();
            let closing = characters.next().and_then(closing).unwrap_or_default();
            rest = characters.as_str();
            if let Some((text, after)) = rest.split_once(closing) {
                let spelled = spelled(text);
                if !spelled.trim().is_empty() {
                    let text = text.to_owned();
                    phrases.push(Self { text, spelled });
                }
                rest = after;
            }
        }

        phrases
    }

    /// Its words, as they are looked up.
    #[must_use]
    pub fn words(&self, language: Language, in_use: &[Language]) -> QueryWords {
        QueryWords::of(&self.text, language, in_use)
    }

    /// Whether a text of an entry has it word for word; marks, case and blanks apart.
    #[must_use]
    pub fn is_in(&self, entry: &Entry) -> bool {
        let mut is_in = false;
        each_text(entry, |text, _, _| {
            is_in = is_in || spelled(text).contains(&self.spelled);
        });

        is_in
    }
}

/// What closes a quotation, if a character opens one.
fn closing(character: char) -> Option<&'static [char]> {
    MARKS
        .iter()
        .find(|(opening, _)| *opening == character)
        .map(|(_, closing)| *closing)
}

/// The words of a text as they stand, with a blank before and after each.
fn spelled(text: &str) -> String {
    let mut spelled = String::from(" ");
    let mut add = |word: &str| {
        spelled.push_str(word);
        spelled.push(' ');
    };
    for token in tokens(text) {
        match token {
            Token::Word(word) | Token::Name(word, _) => add(&word),
            Token::Run(run) => run
                .into_iter()
                .for_each(|character| add(character.encode_utf8(&mut [0; 4]))),
        }
    }

    spelled
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{EntryId, EntryType, Timestamp};

    fn phrases(query: &str) -> Vec<String> {
        let phrases = Phrase::all_of(query).into_iter();

        phrases.map(|phrase| phrase.text).collect()
    }

    #[test]
    fn a_phrase_stands_in_quotation_marks_of_any_kind() {
        assert_eq!(
            phrases("the \"red door\" or \"shed\""),
            ["red door", "shed"]
        );
        assert_eq!(
            phrases("“red door” „rote Tür“ «porte rouge» »Tor« 「赤い扉」"),
            ["red door", "rote Tür", "porte rouge", "Tor", "赤い扉"]
        );
        assert_eq!(phrases("a pipe of 5\" and “open"), [""; 0]);
        assert_eq!(phrases("\"\" \"!\" don't 'say' it"), [""; 0]);
    }

    #[test]
    fn an_entry_has_a_phrase_word_for_word() {
        let mut entry = Entry::new(
            EntryId::from("id"),
            EntryType::Note,
            "the shed",
            Timestamp::EPOCH,
        );
        entry.data.insert(
            "description".to_owned(),
            json!("The Red, door; ERR-4012 on 東京タワー"),
        );
        entry
            .data
            .insert("content".to_owned(), json!("opens to the garden"));
        let has = |phrase: &str| {
            let phrases = Phrase::all_of(&format!("\"{phrase}\""));
            phrases.iter().all(|phrase| phrase.is_in(&entry))
        };

        for phrase in [
            "red door",
            "THE RED",
            "door err-4012 on",
            "京タ",
            "to the",
            "the shed",
            "opens",
        ] {
            assert!(has(phrase), "{phrase}");
        }
        for phrase in [
            "door red",
            "red doors",
            "re",
            "東タ",
            "タワー opens",
            "garden the shed",
            "open",
        ] {
            assert!(!has(phrase), "{phrase}");
        }
    }
}
