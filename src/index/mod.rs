//! What search holds in memory of one owner: words, vectors, and what entries are filtered by.
//!
//! It is made from rows when it is first needed, follows their changes, and can be thrown away at any time. Pure: it knows
//! neither the database nor the protocol. Being of one owner alone, its statistics are that owner's own.
//!
//! ```text
//! index.put(document, terms);
//! index.put_vector(&id, &vector);
//! index.settle();
//! let hits = index.search(&query);
//! ```

mod documents;
mod duplicates;
mod filter;
mod fusion;
mod postings;
mod vectors;

pub use duplicates::COMPARED;
pub use filter::DocumentFilter;
pub use fusion::{Explanation, Hit, depth};

use crate::domain::{Document, EntryId, Language, QueryWords};
use documents::Documents;
use postings::Postings;
use vectors::Vectors;

/// The place of a document in the index; changed documents get a new one.
type Slot = u32;

/// Documents an owner's index can hold: a posting has 24 bits for the slot.
const MOST_SLOTS: usize = 1 << 24;

/// Share of slots that may be out of use before the index is put together anew, and how many always may.
const SLACK: (usize, usize) = (4, 2_000);

/// What is looked for.
#[derive(Clone, Debug)]
pub struct IndexQuery<'a> {
    /// The words; may be none.
    pub words: &'a QueryWords,
    /// How near each document is in meaning.
    pub meaning: Meaning<'a>,
    /// The least cosine of what is near in meaning: a hit must be that near, or hold a word.
    pub least_cosine: Option<f32>,
    /// Among which documents.
    pub filter: &'a DocumentFilter,
    /// How many hits are wanted.
    pub limit: usize,
}

/// The branch of search that goes by meaning.
#[derive(Clone, Debug)]
pub enum Meaning<'a> {
    /// It takes no part.
    None,
    /// The query's vector, to be compared with those held here.
    Vector(&'a [f32]),
    /// The nearest documents, found elsewhere, nearest first, each with its cosine.
    Nearest(Vec<(EntryId, f32)>),
}

/// The index of one owner.
#[derive(Debug, Default)]
pub struct OwnerIndex {
    documents: Documents,
    postings: Postings,
    vectors: Vectors,
}

impl OwnerIndex {
    /// Has room for so many more documents: growing leaves memory behind.
    pub fn reserve(&mut self, documents: usize) {
        self.documents.reserve(documents);
    }

    /// Takes a document in, in place of what was held of it; its vector is kept.
    pub fn put<'t>(&mut self, document: &Document, terms: impl Iterator<Item = (&'t str, u32)>) {
        if self.documents.slots() >= MOST_SLOTS {
            return;
        }
        let (slot, replaced) = self.documents.put(document);
        self.postings.add(slot, terms);
        if let Some(replaced) = replaced {
            self.vectors.carry(replaced, slot);
        }
    }

    /// Lets a document go.
    pub fn remove(&mut self, id: &EntryId) {
        if let Some(slot) = self.documents.remove(id) {
            self.vectors.remove(slot);
        }
    }

    /// Takes the vector of a document in; one of a document that is not held is left out.
    pub fn put_vector(&mut self, id: &EntryId, vector: &[f32]) {
        if let Some(slot) = self.documents.slot_of(id) {
            self.vectors.put(slot, self.documents.slots(), vector);
        }
    }

    /// Lets all vectors go, for those of another model.
    pub fn forget_vectors(&mut self) {
        self.vectors = Vectors::default();
    }

    /// Puts things in order after changes; to be called before searching.
    pub fn settle(&mut self) {
        let (share, always) = SLACK;
        let unused = self.documents.slots() - self.documents.len();
        if unused > always && unused > self.documents.len() / share {
            let places = self.documents.compact();
            self.postings.compact(&places);
            self.vectors.compact(&places);
        }
        self.documents.settle();
    }

    /// Lets go of memory held for growth.
    pub fn shrink(&mut self) {
        self.documents.shrink();
        self.postings.shrink();
        self.vectors.shrink();
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// How many a filter lets through.
    #[must_use]
    pub fn count(&self, filter: &DocumentFilter) -> usize {
        let allowed = self.documents.allowed(filter);

        allowed.map_or(0, |allowed| {
            allowed
                .slots()
                .iter()
                .filter(|is_allowed| **is_allowed)
                .count()
        })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many documents have a vector.
    #[must_use]
    pub fn vectors(&self) -> usize {
        self.vectors.len()
    }

    /// The languages of the documents, most frequent first; `simple` is not one.
    #[must_use]
    pub fn languages(&self) -> Vec<Language> {
        let mut languages = self.documents.languages();
        languages.retain(|language| !language.is_simple());

        languages
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.documents.bytes() + self.postings.bytes() + self.vectors.bytes()
    }
}
