//! What belongs to one language: stems, and words that say nothing.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use snowball_stemmers_rs::Stemmer;
use unicode_normalization::UnicodeNormalization;

use crate::domain::Language;

/// Stop words of each language that has a list (NLTK's), normalised as terms are.
static STOP_WORDS: LazyLock<HashMap<Language, HashSet<String>>> = LazyLock::new(|| {
    Language::all()
        .filter_map(|language| {
            let words = stop_words::lookup(language.code())?;
            let words = words
                .iter()
                .flat_map(|word| word.split(|character: char| !character.is_alphanumeric()))
                .filter(|word| !word.is_empty())
                .map(|word| word.nfkc().flat_map(char::to_lowercase).collect());
            Some((language, words.collect()))
        })
        .collect()
});

/// Whether a word says nothing in a language.
pub(super) fn is_stop_word(language: Language, word: &str) -> bool {
    STOP_WORDS
        .get(&language)
        .is_some_and(|words| words.contains(word))
}

/// The stems of a word in a language, as far as they differ from it: with its accents and without.
///
/// A text of no known language that is written in plain Latin letters is stemmed as English: most such texts are too
/// short to tell, and the word itself is kept beside its stem.
pub(super) fn stems(language: Language, word: &str) -> Vec<String> {
    let mut stems = Vec::new();
    let mut add = |stem: String| {
        if stem != word && !stem.is_empty() && !stems.contains(&stem) {
            stems.push(stem);
        }
    };
    let stem = match language.stemmer().or_else(|| english_for(word)) {
        Some(algorithm) if word.chars().any(char::is_alphabetic) => {
            Stemmer::create(algorithm).stem(word).into_owned()
        }
        _ => word.to_owned(),
    };
    let plain = without_accents(&stem);
    add(stem);
    add(plain);

    stems
}

fn english_for(word: &str) -> Option<snowball_stemmers_rs::Algorithm> {
    word.is_ascii()
        .then_some(snowball_stemmers_rs::Algorithm::English)
}

/// A word without the accents of Latin, Greek and Cyrillic letters; marks of other scripts are letters and stay.
fn without_accents(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }

    word.nfd()
        .filter(|character| !matches!(character, '\u{300}'..='\u{36F}'))
        .nfc()
        .flat_map(|character| match character {
            'ß' => vec!['s', 's'],
            'ø' => vec!['o'],
            'ł' => vec!['l'],
            'đ' => vec!['d'],
            'ı' => vec!['i'],
            'æ' => vec!['a', 'e'],
            'œ' => vec!['o', 'e'],
            other => vec![other],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(code: &str) -> Language {
        Language::from_code(code).unwrap()
    }

    #[test]
    fn a_word_is_stemmed_in_its_language() {
        assert_eq!(stems(language("en"), "planning"), ["plan"]);
        assert_eq!(stems(language("fr"), "serveurs"), ["serveur"]);
        assert_eq!(stems(language("en"), "plan"), Vec::<String>::new());
        assert_eq!(stems(Language::SIMPLE, "vents"), ["vent"]);
        assert_eq!(stems(language("de"), "4012"), Vec::<String>::new());
    }

    #[test]
    fn a_stem_is_found_without_its_accents_too() {
        assert_eq!(stems(language("es"), "camión"), ["camion"]);
        assert_eq!(stems(Language::SIMPLE, "groß"), ["gross"]);
        assert_eq!(without_accents("कि"), "कि");
    }

    #[test]
    fn common_words_say_nothing_in_their_language_alone() {
        assert!(is_stop_word(language("en"), "the"));
        assert!(is_stop_word(language("de"), "für"));
        assert!(!is_stop_word(language("de"), "the"));
        assert!(!is_stop_word(Language::SIMPLE, "the"));
    }
}
