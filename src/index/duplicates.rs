//! Telling that a text says almost the same as a document.

use super::{DocumentFilter, Meaning, OwnerIndex, Slot};
use crate::domain::{Entry, EntryId, EntryTerms};

/// The least cosine of two texts that say the same.
const LEAST_COSINE: f32 = 0.9;

/// The least share of the longer text's words that the shorter has too.
const LEAST_OVERLAP: f32 = 0.8;

/// Documents whose words are compared, nearest in meaning first.
pub const COMPARED: usize = 10;

impl OwnerIndex {
    /// The document among those of a filter that says almost the same as an entry: near in meaning, and in nearly the same
    /// words. Either alone is not enough: one number changed leaves the meaning where it was, and the same words can say
    /// the opposite.
    #[must_use]
    pub fn near_duplicate(
        &self,
        filter: &DocumentFilter,
        meaning: &Meaning<'_>,
        entry: &Entry,
    ) -> Option<EntryId> {
        let allowed = self.documents.allowed(filter)?;
        let near = self.nearest(meaning, &allowed, LEAST_COSINE, COMPARED);

        near.hits
            .into_iter()
            .find(|(slot, _)| self.overlap(*slot, entry) >= LEAST_OVERLAP)
            .and_then(|(slot, _)| self.documents.id_of(slot))
    }

    /// The share of the longer text's words that the shorter has too, from 0 to 1. Both are analysed in one language: what
    /// a short text seems to be in is often chance.
    #[expect(clippy::cast_precision_loss, reason = "a text has few words")]
    fn overlap(&self, slot: Slot, entry: &Entry) -> f32 {
        let Some(language) = self.documents.language_of(slot) else {
            return 0.0;
        };
        let terms = EntryTerms::of(&Entry {
            language,
            ..entry.clone()
        });
        let shared = terms
            .iter()
            .filter(|(term, _)| self.postings.holds(term, slot));
        let shared = shared.count() as f32 / terms.iter().count().max(1) as f32;
        let length = self.documents.length_of(slot).unwrap_or_default();
        let other = terms.length() as f32;

        shared * length.min(other) / length.max(other).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Clock as _, Document, EntryType, Ids as _, Language, RandomIds, SystemClock, embedded_text,
    };
    use crate::embed::{Builtin, Provider as _};

    async fn vector(entry: &Entry) -> Vec<f32> {
        Builtin
            .embed(&[embedded_text(entry)])
            .await
            .unwrap()
            .remove(0)
    }

    fn note(description: &str) -> Entry {
        let now = SystemClock.now();
        let mut entry = Entry::new(RandomIds.next(now), EntryType::Note, "s".to_owned(), now);
        entry.language = Language::english();
        entry
            .data
            .insert("description".to_owned(), description.into());

        entry
    }

    #[tokio::test]
    async fn what_says_almost_the_same_is_told_from_what_sounds_alike() {
        let held =
            note("The vent of the greenhouse opens by itself when it is warmer than 28 degrees");
        let mut index = OwnerIndex::default();
        let terms = EntryTerms::of(&held);
        let document = Document {
            id: held.id.clone(),
            entry_type: held.entry_type,
            source: held.source.clone(),
            tags: held.tags.clone(),
            language: held.language,
            created: held.created,
            touched: held.touched(),
            expires: None,
            length: terms.length(),
        };
        index.put(&document, terms.iter());
        index.put_vector(&held.id, &vector(&held).await);
        index.settle();

        for (description, is_same) in [
            (
                "The vent of the greenhouse opens by itself when it is warmer than 28 degrees",
                true,
            ),
            (
                "The greenhouse's vent opens by itself when warmer than 28 degrees",
                true,
            ),
            ("The vent of the greenhouse closes when it rains", false),
            (
                "The door of the greenhouse opens by itself when somebody stands before it",
                false,
            ),
            ("Vents", false),
        ] {
            let other = Entry {
                language: Language::SIMPLE,
                ..note(description)
            };
            let found = index.near_duplicate(
                &DocumentFilter::default(),
                &Meaning::Vector(&vector(&other).await),
                &other,
            );
            assert_eq!(found.is_some(), is_same, "{description}");
        }
    }
}
