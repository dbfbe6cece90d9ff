//! Telling callers that they said almost the same before.

use super::embedding::QueryMeaning;
use super::{Caller, Error, Service};
use crate::domain::{Entry, EntryId, embedded_text};
use crate::index::{COMPARED, DocumentFilter};
use crate::store::Access;

impl Service {
    /// The entry of the same type and source that says almost the same, if one is known without much work: with a
    /// provider that takes no time, and while the owner's index is in memory, which it is after a search. Never fails a
    /// write.
    pub(super) async fn near_duplicate(&self, caller: &Caller, entry: &Entry) -> Option<EntryId> {
        if !self.indexes.holds(&caller.owner) {
            return None;
        }
        let found = self.find_near_duplicate(caller, entry).await;
        if let Err(error) = &found {
            tracing::warn!(%error, "an entry was not compared with those before it");
        }

        found.ok().flatten()
    }

    async fn find_near_duplicate(
        &self,
        caller: &Caller,
        entry: &Entry,
    ) -> Result<Option<EntryId>, Error> {
        let Some(model) = self.embedder.model() else {
            return Ok(None);
        };
        let mut meaning = QueryMeaning {
            model: Some(model.to_owned()),
            vector: self.embedder.at_once(&embedded_text(entry)).await,
            ..QueryMeaning::default()
        };
        let answering = self.answering(&caller.owner, model).await?;
        if meaning.vector.is_none() || answering.model != model {
            return Ok(None);
        }
        meaning.is_large = self.is_large(&meaning, answering.vectors).await?;
        let filter = DocumentFilter {
            types: vec![entry.entry_type],
            source: Some(entry.source.clone()),
            ..DocumentFilter::default()
        };
        let transaction = self.store.begin(&caller.owner, Access::Read).await?;
        let followed = self
            .indexes
            .current(&caller.owner, &transaction, meaning.model_in_memory());
        let followed = followed.await?;
        let nearest = self.nearest_to(&transaction, &followed, &filter, &meaning, COMPARED);
        let nearest = nearest.await?;
        transaction.commit().await?;
        let meaning = meaning.branch(nearest);

        Ok(followed.index.near_duplicate(&filter, &meaning, entry))
    }
}
