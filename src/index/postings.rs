//! Which documents hold a term, and ranking by words.
//!
//! Okapi BM25 (Robertson, Zaragoza: "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) over the documents of
//! one owner. A word stands for all terms that mean it: a document holds the word if it holds one of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::Slot;
use super::documents::{Allowed, Documents};
use crate::domain::{QueryWord, QueryWords};

/// How soon more of the same word stops counting (k1).
const SATURATION: f32 = 1.2;

/// How much long documents are held back (b).
const LENGTH_WEIGHT: f32 = 0.75;

/// What the stem of a word counts, against the word itself.
const STEM_WEIGHT: f32 = 0.9;

/// What a word counts in a document about it, against its rarity: once in the text of an average document gives 1.0, once
/// in its headline 1.4.
const FULL: f32 = 1.2;

/// Bits of a posting that hold the weight; the rest is the slot.
const WEIGHT_BITS: u32 = 8;

/// Postings by the hash of their term: slot and weight in one number.
#[derive(Debug, Default)]
pub(super) struct Postings(HashMap<u64, Vec<u32>>);

/// Which words of a query a document holds, by their place in it.
pub(super) type Matched = Vec<usize>;

impl Postings {
    /// Adds the terms of a document; slots come in rising order.
    pub(super) fn add<'t>(&mut self, slot: Slot, terms: impl Iterator<Item = (&'t str, u32)>) {
        for (term, weight) in terms {
            let weight = weight.min((1 << WEIGHT_BITS) - 1);
            let postings = self.0.entry(hash_of(term)).or_default();
            postings.push((slot << WEIGHT_BITS) | weight);
        }
    }

    /// Scores the allowed documents that hold words of the query: by slot, zero for those that hold none; and tells what a
    /// document about all of them would get.
    pub(super) fn score(
        &self,
        words: &QueryWords,
        documents: &Documents,
        allowed: &Allowed,
    ) -> (Vec<f32>, f32) {
        let mut full = 0.0;
        let mut scores = vec![0.0; documents.slots()];
        let mut of_word = vec![0.0; documents.slots()];
        for word in words.iter() {
            full += FULL * self.add_word(word, documents, allowed, &mut scores, &mut of_word);
        }

        (scores, full)
    }

    /// Which words of the query a document holds.
    pub(super) fn matched(&self, words: &QueryWords, slot: Slot) -> Matched {
        words
            .iter()
            .enumerate()
            .filter(|(_, word)| word.terms.iter().any(|term| self.holds(term, slot)))
            .map(|(at, _)| at)
            .collect()
    }

    /// Whether a document holds a term.
    pub(super) fn holds(&self, term: &str, slot: Slot) -> bool {
        let postings = self
            .0
            .get(&hash_of(term))
            .map(Vec::as_slice)
            .unwrap_or_default();

        postings
            .binary_search_by_key(&slot, |posting| posting >> WEIGHT_BITS)
            .is_ok()
    }

    /// Moves every posting to the new slot of its document.
    pub(super) fn compact(&mut self, places: &[Option<Slot>]) {
        self.0.retain(|_, postings| {
            let moved = postings.iter().filter_map(|posting| {
                let place = places
                    .get((posting >> WEIGHT_BITS) as usize)
                    .copied()
                    .flatten()?;
                Some((place << WEIGHT_BITS) | (posting & ((1 << WEIGHT_BITS) - 1)))
            });
            *postings = moved.collect();
            !postings.is_empty()
        });
    }

    pub(super) fn shrink(&mut self) {
        self.0.values_mut().for_each(Vec::shrink_to_fit);
    }

    pub(super) fn bytes(&self) -> usize {
        /// What a term takes beside its postings, about.
        const EACH: usize = 48;

        self.0
            .values()
            .map(|postings| EACH + postings.capacity() * size_of::<u32>())
            .sum()
    }

    /// Adds what one word says, and returns how much that is; nothing if no document holds it. `of_word` is all zero
    /// before and after.
    fn add_word(
        &self,
        word: &QueryWord,
        documents: &Documents,
        allowed: &Allowed,
        scores: &mut [f32],
        of_word: &mut [f32],
    ) -> f32 {
        let mut holders: Vec<Slot> = Vec::new();
        for (at, term) in word.terms.iter().enumerate() {
            let factor = if at == 0 { 1.0 } else { STEM_WEIGHT };
            for posting in self.0.get(&hash_of(term)).into_iter().flatten() {
                let slot = posting >> WEIGHT_BITS;
                let Some(frequency) = of_word.get_mut(slot as usize) else {
                    continue;
                };
                if documents.get(slot).is_none() {
                    continue;
                }
                if *frequency == 0.0 {
                    holders.push(slot);
                }
                *frequency = frequency.max(weight_of(*posting) * factor);
            }
        }

        if holders.is_empty() {
            return 0.0;
        }
        let rarity = rarity(holders.len(), documents.len());
        let average = documents.average_length();
        for slot in holders {
            let frequency = of_word
                .get_mut(slot as usize)
                .map(std::mem::take)
                .unwrap_or_default();
            let Some(held) = documents.get(slot).filter(|_| allowed.has(slot)) else {
                continue;
            };
            if let Some(score) = scores.get_mut(slot as usize) {
                *score += rarity * saturated(frequency, held.length, average);
            }
        }

        rarity
    }
}

/// How much a word says that so many of all documents hold.
#[expect(
    clippy::cast_precision_loss,
    reason = "documents are counted below 2^24"
)]
fn rarity(holders: usize, documents: usize) -> f32 {
    let (holders, documents) = (holders as f32, documents as f32);

    (1.0 + (documents - holders + 0.5) / (holders + 0.5)).ln()
}

#[expect(clippy::cast_precision_loss, reason = "a document has few words")]
fn saturated(frequency: f32, length: u32, average: f32) -> f32 {
    let length = 1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * length as f32 / average;

    frequency * (SATURATION + 1.0) / (frequency + SATURATION * length)
}

#[expect(clippy::cast_precision_loss, reason = "a weight has eight bits")]
fn weight_of(posting: u32) -> f32 {
    (posting & ((1 << WEIGHT_BITS) - 1)) as f32
}

/// Terms are told apart by 64 bits: that two of an owner's meet is less likely than a broken disk.
fn hash_of(term: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    term.hash(&mut hasher);

    hasher.finish()
}
