//! Word pieces: the tokens of BERT's lower-case vocabulary.
//!
//! The rules are those of Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019) and its published
//! tokenizer: lower-case without accents, split at blanks, punctuation and ideographs, then the longest pieces first.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Longer words are taken as unknown.
const LONGEST_WORD: usize = 100;

/// What marks a piece that does not begin a word.
const INNER: &str = "##";

/// A vocabulary.
pub(super) struct WordPieces {
    pieces: HashMap<&'static str, u32>,
    unknown: u32,
}

impl WordPieces {
    /// Reads a vocabulary: one piece a line, in the order of their numbers.
    pub(super) fn of(vocabulary: &'static str) -> Self {
        let pieces: HashMap<_, _> = vocabulary.lines().zip(0..).collect();
        let unknown = pieces.get("[UNK]").copied().unwrap_or_default();

        Self { pieces, unknown }
    }

    /// The pieces of a text, without any that mark its beginning or end.
    pub(super) fn split(&self, text: &str) -> Vec<u32> {
        let mut pieces = Vec::new();
        for word in words_of(text) {
            self.split_word(&word, &mut pieces);
        }

        pieces
    }

    fn split_word(&self, word: &str, pieces: &mut Vec<u32>) {
        let start = pieces.len();
        let mut rest = word;
        let mut candidate = String::new();
        if word.chars().count() > LONGEST_WORD {
            pieces.push(self.unknown);
            return;
        }
        while !rest.is_empty() {
            let prefix = if rest.len() == word.len() { "" } else { INNER };
            let longest = rest
                .char_indices()
                .map(|(at, char)| at + char.len_utf8())
                .rev();
            let found = longest.into_iter().find_map(|end| {
                let (piece, after) = rest.split_at_checked(end)?;
                candidate.clear();
                candidate.push_str(prefix);
                candidate.push_str(piece);
                self.pieces
                    .get(candidate.as_str())
                    .map(|number| (*number, after))
            });
            let Some((number, after)) = found else {
                // A word with a part that is not in the vocabulary is unknown as a whole.
                pieces.truncate(start);
                pieces.push(self.unknown);
                return;
            };
            pieces.push(number);
            rest = after;
        }
    }
}

/// Words, punctuation and ideographs, each by itself.
fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let clean = text
        .chars()
        .filter(|character| !is_control(*character))
        .flat_map(spaced_ideograph)
        .nfd()
        .filter(|character| character.general_category() != GeneralCategory::NonspacingMark)
        .flat_map(char::to_lowercase);
    for character in clean {
        if character.is_whitespace() || is_punctuation(character) {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            if !character.is_whitespace() {
                words.push(character.to_string());
            }
        } else {
            word.push(character);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }

    words
}

fn is_control(character: char) -> bool {
    !matches!(character, '\t' | '\n' | '\r')
        && (character == '\u{FFFD}'
            || character.general_category_group() == GeneralCategoryGroup::Other)
}

fn is_punctuation(character: char) -> bool {
    character.is_ascii_punctuation()
        || character.general_category_group() == GeneralCategoryGroup::Punctuation
}

fn spaced_ideograph(character: char) -> impl Iterator<Item = char> {
    let space = is_ideograph(character).then_some(' ');

    space.into_iter().chain([character]).chain(space)
}

/// The blocks BERT's tokenizer takes for Chinese characters.
fn is_ideograph(character: char) -> bool {
    matches!(
        character,
        '\u{4E00}'..='\u{9FFF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{20000}'..='\u{2A6DF}'
            | '\u{2A700}'..='\u{2B73F}'
            | '\u{2B740}'..='\u{2B81F}'
            | '\u{2B820}'..='\u{2CEAF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{2F800}'..='\u{2FA1F}'
    )
}
