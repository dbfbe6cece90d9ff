//! Which documents hold a term, and ranking by words.
//!
//! Okapi BM25 (Robertson, Zaragoza: "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) over the documents of
//! one owner. A word stands for all terms that mean it: a document holds the word if it holds one of them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use pulp::Arch;

use super::Slot;
use super::documents::Documents;
use crate::domain::{QueryWord, QueryWords};

/// How soon more of the same word stops counting (k1).
const SATURATION: f32 = 1.2;

/// How much long documents are held back (b).
const LENGTH_WEIGHT: f32 = 0.75;

/// What a word counts, each time a document holds it.
const STEPS: u16 = 10;

/// What the stem of a word counts, against the word itself.
const STEM_STEPS: u16 = 9;

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

    /// Scores the documents that hold words of the query: by slot, zero for those that hold none; and tells what a document
    /// about all of them would get.
    pub(super) fn score(&self, words: &QueryWords, documents: &Documents) -> (Vec<f32>, f32) {
        let lengths = documents.lengths();
        let mut full = 0.0;
        let mut scores = vec![0.0; lengths.len()];
        let mut frequencies = vec![0; lengths.len()];
        for word in words.iter() {
            if !self.count(word, &mut frequencies) {
                continue;
            }
            let holders = Arch::new().dispatch(|| holders(&frequencies, lengths));
            if holders > 0 {
                let rarity = rarity(holders, documents.len());
                let average = documents.average_length();
                full += FULL * rarity;
                Arch::new().dispatch(|| {
                    add(&mut scores, &frequencies, lengths, rarity, average);
                });
            }
            frequencies.fill(0);
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

    /// Counts how often each slot holds a word, in [`STEPS`]; returns whether any does. `frequencies` is all zero before.
    fn count(&self, word: &QueryWord, frequencies: &mut [u16]) -> bool {
        let mut any = false;
        for (at, term) in word.terms.iter().enumerate() {
            let steps = if at == 0 { STEPS } else { STEM_STEPS };
            for posting in self.0.get(&hash_of(term)).into_iter().flatten() {
                let slot = posting >> WEIGHT_BITS;
                if let Some(frequency) = frequencies.get_mut(slot as usize) {
                    *frequency = (*frequency).max(weight_of(*posting) * steps);
                    any = true;
                }
            }
        }

        any
    }
}

/// How many documents hold a word.
#[expect(
    clippy::inline_always,
    reason = "compiled with the instructions its caller may use"
)]
#[inline(always)]
fn holders(frequencies: &[u16], lengths: &[f32]) -> u32 {
    frequencies
        .iter()
        .zip(lengths)
        .map(|(frequency, length)| u32::from(*frequency > 0) & u32::from(length.is_finite()))
        .sum()
}

/// Adds what a word says of each slot; nothing of those that do not hold it or are out of use.
#[expect(
    clippy::inline_always,
    reason = "compiled with the instructions its caller may use"
)]
#[inline(always)]
fn add(scores: &mut [f32], frequencies: &[u16], lengths: &[f32], rarity: f32, average: f32) {
    let steps = f32::from(STEPS);
    let saturation = SATURATION * steps;
    for ((score, frequency), length) in scores.iter_mut().zip(frequencies).zip(lengths) {
        let frequency = f32::from(*frequency);
        let length = 1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / average;
        *score += rarity * frequency * (SATURATION + 1.0) / (frequency + saturation * length);
    }
}

/// How much a word says that so many of all documents hold.
#[expect(
    clippy::cast_precision_loss,
    reason = "documents are counted below 2^24"
)]
fn rarity(holders: u32, documents: usize) -> f32 {
    let (holders, documents) = (holders as f32, documents as f32);

    (1.0 + (documents - holders + 0.5) / (holders + 0.5)).ln()
}

fn weight_of(posting: u32) -> u16 {
    const MASK: u32 = (1 << WEIGHT_BITS) - 1;

    u16::try_from(posting & MASK).unwrap_or_default()
}

/// Terms are told apart by 64 bits: that two of an owner's meet is less likely than a broken disk.
fn hash_of(term: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    term.hash(&mut hasher);

    hasher.finish()
}
