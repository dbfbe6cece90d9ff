//! Putting the branches together.
//!
//! Each branch's scores are brought to the range from 0 to 1 and added. Words count less the less of the query the best hit
//! holds: one common word out of six says little. Each hit then lends a part of its score to its neighbours in time about
//! the same source, because an answer often stands beside what was asked; long ones are lent less. The constants are those
//! that measured best; see `docs/SEARCH.md`.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use super::documents::{Allowed, Documents, slot_at};
use super::{IndexQuery, Meaning, OwnerIndex, Slot};
use crate::domain::EntryId;

/// Hits of each branch whose scores count. It does not depend on how many hits are wanted, so that pages follow each other.
const CANDIDATES: usize = 200;

/// Hits of each branch that are listed when more are wanted than candidates can give; those past the candidates come after
/// all others.
const LISTED: usize = 2_000;

/// What the branch of words counts, against that of meaning.
const WORDS_SHARE: f32 = 0.6;

/// The part of its score a hit lends to each neighbour.
const LENT: f32 = 0.2;

/// Words, weighted, above which an entry is lent less: the square of how much longer it is. A long one says itself what it is
/// about, where a turn of a conversation is often understood only with what stands beside it.
const LONG: f32 = 50.0;

/// A document that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The entry.
    pub id: EntryId,
    /// How well it fits, from 0.
    pub score: f32,
    /// Where the score comes from.
    pub explanation: Explanation,
}

/// Where a score comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// What the words say: BM25.
    pub words: Option<f32>,
    /// Place among the hits by words, from 1.
    pub words_rank: Option<usize>,
    /// What the meaning says: the cosine of the vectors.
    pub cosine: Option<f32>,
    /// Place among the hits by meaning, from 1.
    pub meaning_rank: Option<usize>,
    /// What neighbours lent.
    pub lent: f32,
    /// Places of the words of the query that the entry holds.
    pub matched: Vec<usize>,
}

/// What there is of each slot, from the last slot on.
fn by_slot(scores: &[f32]) -> impl Iterator<Item = (Slot, f32)> {
    let slots = 0..slot_at(scores.len());

    slots.rev().zip(scores.iter().rev().copied())
}

/// How many hits of each branch a search for so many looks at.
#[must_use]
pub fn depth(limit: usize) -> usize {
    if limit < CANDIDATES {
        CANDIDATES
    } else {
        LISTED
    }
}

/// What both branches say of a document.
#[derive(Clone, Copy, Default)]
struct Fused {
    score: f32,
    /// How far it is below the candidates: orders those that have no score.
    rest: f32,
}

/// The best of a branch: slots in order, each with its score.
#[derive(Default)]
pub(super) struct Branch {
    pub(super) hits: Vec<(Slot, f32)>,
    /// The score of a document that fits in full; 0 if that is not known.
    full: f32,
}

impl OwnerIndex {
    /// Finds the documents that fit a query best, best first; equal ones last touched first, then by id.
    #[must_use]
    pub fn search(&self, query: &IndexQuery<'_>) -> Vec<Hit> {
        let Some(allowed) = self.documents.allowed(query.filter) else {
            return Vec::new();
        };
        let depth = depth(query.limit);
        let words = self.by_words(query, &allowed, depth);
        let meaning = self.by_meaning(query, &allowed, depth);
        let shares = match (words.hits.is_empty(), meaning.hits.is_empty()) {
            (false, false) => (WORDS_SHARE * words.confidence(), 1.0 - WORDS_SHARE),
            _ => (1.0, 1.0),
        };

        let mut fused: HashMap<Slot, Fused> = HashMap::new();
        for (slot, score) in words.normalised(0.0) {
            fused.entry(slot).or_default().add(shares.0 * score);
        }
        for (slot, score) in meaning.normalised(meaning.floor()) {
            fused.entry(slot).or_default().add(shares.1 * score);
        }
        let lent = lent(&fused, &self.documents, &allowed);
        for (slot, lent) in &lent {
            fused.entry(*slot).or_default().score += lent;
        }
        let mut hits: Vec<(Slot, Fused)> = fused.into_iter().collect();
        hits.sort_unstable_by(|a, b| self.order(a, b));
        hits.truncate(query.limit);

        let (word_ranks, meaning_ranks) = (words.ranks(), meaning.ranks());
        hits.into_iter()
            .filter_map(|(slot, Fused { score, .. })| {
                let by_words = word_ranks.get(&slot);
                let by_meaning = meaning_ranks.get(&slot);
                let explanation = Explanation {
                    words: by_words.map(|(_, score)| *score),
                    words_rank: by_words.map(|(rank, _)| *rank),
                    cosine: by_meaning.map(|(_, score)| *score),
                    meaning_rank: by_meaning.map(|(rank, _)| *rank),
                    lent: lent.get(&slot).copied().unwrap_or_default(),
                    matched: self.postings.matched(query.words, slot),
                };
                Some(Hit {
                    id: self.documents.id_of(slot)?,
                    score,
                    explanation,
                })
            })
            .collect()
    }

    fn by_words(&self, query: &IndexQuery<'_>, allowed: &Allowed, depth: usize) -> Branch {
        if query.words.is_empty() {
            return Branch::default();
        }
        let (scores, full) = self.postings.score(query.words, &self.documents);
        let hits = by_slot(&scores).filter(|(slot, score)| *score > 0.0 && allowed.has(*slot));

        self.best(hits, depth, full)
    }

    fn by_meaning(&self, query: &IndexQuery<'_>, allowed: &Allowed, depth: usize) -> Branch {
        let least = query.least_cosine.unwrap_or(f32::MIN);

        self.nearest(&query.meaning, allowed, least, depth)
    }

    /// The nearest in meaning among allowed documents, with a cosine of at least `least`.
    pub(super) fn nearest(
        &self,
        meaning: &Meaning<'_>,
        allowed: &Allowed,
        least: f32,
        depth: usize,
    ) -> Branch {
        match meaning {
            Meaning::None => Branch::default(),
            Meaning::Vector(vector) => {
                let cosines = self.vectors.compare(vector, allowed);
                let near = by_slot(&cosines).filter(|(_, cosine)| *cosine >= least);
                self.best(near, depth, 0.0)
            }
            Meaning::Nearest(nearest) => {
                let mut near: Vec<(Slot, f32)> = nearest
                    .iter()
                    .filter(|(_, cosine)| *cosine >= least)
                    .filter_map(|(id, cosine)| Some((self.documents.slot_of(id)?, *cosine)))
                    .filter(|(slot, _)| allowed.has(*slot))
                    .collect();
                near.sort_unstable_by_key(|(slot, _)| Reverse(*slot));
                self.best(near.into_iter(), depth, 0.0)
            }
        }
    }

    /// The best of all hits, which come by slot from the last on, best first. What was touched last has the highest slots,
    /// mostly: of equal hits the first that are seen are the best.
    fn best(&self, hits: impl Iterator<Item = (Slot, f32)>, depth: usize, full: f32) -> Branch {
        let mut best: Vec<(Slot, f32)> = Vec::with_capacity(2 * depth);
        let mut last: Option<(Slot, f32)> = None;
        for hit in hits {
            let is_behind = |last| self.order(&hit, last).is_ge();
            if last.as_ref().is_some_and(is_behind) {
                continue;
            }
            if best.len() == 2 * depth {
                best.select_nth_unstable_by(depth - 1, |a, b| self.order(a, b));
                best.truncate(depth);
                last = best.last().copied();
            }
            best.push(hit);
        }
        best.sort_unstable_by(|a, b| self.order(a, b));
        best.truncate(depth);

        Branch { hits: best, full }
    }

    /// Best first; equal ones last touched first, then by id.
    pub(super) fn order<S: Scored>(&self, a: &(Slot, S), b: &(Slot, S)) -> Ordering {
        let touched = |slot| self.documents.get(slot).map(|held| held.touched);

        b.1.order(&a.1)
            .then_with(|| touched(b.0).cmp(&touched(a.0)))
            .then_with(|| self.documents.by_id(b.0, a.0))
    }
}

/// What hits are ordered by.
pub(super) trait Scored {
    fn order(&self, other: &Self) -> Ordering;
}

impl Scored for f32 {
    fn order(&self, other: &Self) -> Ordering {
        self.total_cmp(other)
    }
}

impl Scored for Fused {
    fn order(&self, other: &Self) -> Ordering {
        let by_rest = || self.rest.total_cmp(&other.rest);

        self.score.total_cmp(&other.score).then_with(by_rest)
    }
}

impl Fused {
    fn add(&mut self, score: f32) {
        self.score += score.max(0.0);
        self.rest += score.min(0.0);
    }
}

impl Branch {
    /// How far the best hit is from a full fit, from 0 to 1: the harmonic mean of that share and 1.
    fn confidence(&self) -> f32 {
        let best = self.hits.first().map_or(0.0, |(_, score)| *score);

        2.0 * best / (best + self.full.max(best))
    }

    /// The score of the last candidate.
    fn floor(&self) -> f32 {
        let last = self.hits.iter().take(CANDIDATES).next_back();

        last.map_or(0.0, |(_, score)| *score)
    }

    /// The scores of candidates in the range from 0 to 1, where `zero` is 0 and the best is 1, and how far the others are
    /// below the last candidate.
    fn normalised(&self, zero: f32) -> impl Iterator<Item = (Slot, f32)> {
        let best = self.hits.first().map_or(0.0, |(_, score)| *score);
        let (range, floor) = (best - zero, self.floor());

        self.hits
            .iter()
            .enumerate()
            .map(move |(at, (slot, score))| {
                let is_candidate = at < CANDIDATES;
                let normalised = match (is_candidate, range > 0.0) {
                    (true, true) => (score - zero) / range,
                    (true, false) => 1.0,
                    (false, true) => (score - floor) / range,
                    (false, false) => 0.0,
                };
                (*slot, normalised)
            })
    }

    /// Rank, from 1, and score of each.
    fn ranks(&self) -> HashMap<Slot, (usize, f32)> {
        (1..)
            .zip(&self.hits)
            .map(|(rank, (slot, score))| (*slot, (rank, *score)))
            .collect()
    }
}

/// What each document is lent by its neighbours.
fn lent(
    fused: &HashMap<Slot, Fused>,
    documents: &Documents,
    allowed: &Allowed,
) -> HashMap<Slot, f32> {
    let mut lent: HashMap<Slot, f32> = HashMap::new();
    for (slot, Fused { score, .. }) in fused.iter().filter(|(_, fused)| fused.score > 0.0) {
        for neighbour in documents.neighbours(*slot).into_iter().flatten() {
            if allowed.has(neighbour) {
                let length = documents.length_of(neighbour).unwrap_or(LONG);
                let part = LENT * (LONG / length.max(LONG)).powi(2);
                *lent.entry(neighbour).or_default() += part * score;
            }
        }
    }

    lent
}
