//! Text analysis: from text to the terms it is found by.
//!
//! Analysis happens here and nowhere else, so that both databases hold the same terms and give the same hits. Words are
//! compatibility-normalised, lower-case, and held as they stand and as their stem; texts without blanks between words are
//! held as pairs of characters; names such as `snake_case` or `camelCase` as a whole and in their parts.

mod entry_terms;
mod phrases;
mod query_words;
mod stems;
mod texts;
mod tokens;

pub use entry_terms::{ANALYSIS, EntryTerms};
pub use phrases::Phrase;
pub use query_words::{QueryWord, QueryWords};
