//! The words of a query, each with the terms that may stand for it in an entry.

use super::stems::{is_stop_word, stems};
use super::tokens::{Token, tokens};
use crate::domain::Language;

/// The most words of a query that are looked up: a pasted page is no query.
const MOST: usize = 128;

/// A word of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWord {
    /// The word, lower-case.
    pub word: String,
    /// The terms that mean it, the word itself first; an entry with any of them has the word.
    pub terms: Vec<String>,
}

/// The words of a query, each once, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryWords(Vec<QueryWord>);

impl QueryWords {
    /// Analyses a query: words that say nothing in its own language are left out, the others are stemmed in that and in
    /// all languages the entries are in.
    #[must_use]
    pub fn of(query: &str, language: Language, in_use: &[Language]) -> Self {
        let mut words = Self::default();
        for token in tokens(query) {
            match token {
                Token::Word(word) => words.add_word(word, language, in_use),
                Token::Name(whole, parts) => {
                    words.add(whole.clone(), vec![whole]);
                    for part in parts {
                        words.add_word(part, language, in_use);
                    }
                }
                Token::Run(run) if run.len() == 1 => {
                    let word: String = run.into_iter().collect();
                    words.add(word.clone(), vec![word]);
                }
                Token::Run(run) => {
                    for pair in run.windows(2) {
                        let pair: String = pair.iter().collect();
                        words.add(pair.clone(), vec![pair]);
                    }
                }
            }
        }

        words
    }

    /// The words.
    pub fn iter(&self) -> impl Iterator<Item = &QueryWord> {
        self.0.iter()
    }

    /// Whether nothing is left to look up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add_word(&mut self, word: String, language: Language, in_use: &[Language]) {
        if is_stop_word(language, &word) {
            return;
        }
        let mut terms = vec![word.clone()];
        for language in [language].iter().chain(in_use) {
            for stem in stems(*language, &word) {
                if !terms.contains(&stem) {
                    terms.push(stem);
                }
            }
        }

        self.add(word, terms);
    }

    fn add(&mut self, word: String, terms: Vec<String>) {
        if self.0.len() < MOST && self.0.iter().all(|known| known.word != word) {
            self.0.push(QueryWord { word, terms });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(query: &str, language: &str, in_use: &[&str]) -> Vec<(String, Vec<String>)> {
        let language_of = |code: &str| Language::from_code(code).unwrap();
        let in_use: Vec<_> = in_use.iter().map(|code| language_of(code)).collect();

        QueryWords::of(query, language_of(language), &in_use)
            .0
            .into_iter()
            .map(|word| (word.word, word.terms))
            .collect()
    }

    #[test]
    fn a_word_is_looked_up_in_every_language_in_use() {
        let expected = vec!["maisons".to_owned(), "maison".to_owned()];

        assert_eq!(
            words("les maisons", "fr", &["en"]),
            [("maisons".to_owned(), expected)]
        );
        assert_eq!(words("the", "en", &[]), []);
        assert_eq!(words("the", "simple", &["en"]).len(), 1);
    }

    #[test]
    fn each_word_is_looked_up_once_and_only_so_many() {
        assert_eq!(words("a-b b b", "simple", &[]).len(), 3);
        let page: Vec<_> = (0..1000).map(|number| format!("w{number}")).collect();
        let page = page.join(" ");
        assert_eq!(words(&page, "simple", &[]).len(), MOST);
    }
}
