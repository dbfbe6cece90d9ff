//! Which model answers while the vectors of a new one are made: the one that has most of them, until the new set is
//! complete and the old one is let go.

use super::embedding::QueryMeaning;
use super::{Caller, Error, Service};
use crate::domain::Owner;
use crate::store::{Access, Store};

/// Owners looked at once.
const OWNERS: u64 = 1_000;

/// Vectors removed in one transaction, so that writers are not held up for long.
const AT_ONCE: u64 = 2_000;

/// The model whose vectors answer for an owner.
#[derive(Clone, Debug)]
pub(super) struct Answering {
    pub(super) model: String,
    /// How many there are of them.
    pub(super) vectors: u64,
}

impl Service {
    /// What a query means in the model that answers for a caller. Not to be called inside a transaction: a provider may
    /// take its time.
    pub(super) async fn meaning_of(
        &self,
        caller: &Caller,
        text: &str,
    ) -> Result<QueryMeaning, Error> {
        let Some(current) = self.embedder.model() else {
            return Ok(QueryMeaning::default());
        };
        let mut answering = self.answering(&caller.owner, current).await?;
        let mut meaning = self.embedder.query(&answering.model, text).await;
        if meaning.is_unknown && answering.model != current {
            // The old model cannot be asked any more; of the new one's vectors there are fewer.
            answering.model = current.to_owned();
            self.indexes.note_answering(&caller.owner, &answering);
            meaning = self.embedder.query(current, text).await;
        }
        meaning.is_large = self.is_large(&meaning, answering.vectors).await?;

        Ok(meaning)
    }

    /// The model whose vectors answer for an owner.
    pub(super) async fn answering(&self, owner: &Owner, current: &str) -> Result<Answering, Error> {
        if let Some(answering) = self.indexes.answering(owner, current) {
            return Ok(answering);
        }
        let transaction = self.store.begin(owner, Access::Glance).await?;
        let counts = transaction.embeddings().count_by_model().await?;
        transaction.commit().await?;
        let most = counts
            .into_iter()
            .filter(|(model, _)| self.embedder.speaks(model))
            .max_by_key(|(model, count)| (*count, model == current));
        let (model, vectors) = most.unwrap_or_else(|| (current.to_owned(), 0));
        let answering = Answering { model, vectors };
        self.indexes.note_answering(owner, &answering);

        Ok(answering)
    }
}

/// Lets vectors of other models go, of all owners who have all vectors of one; returns whether that are all.
pub(super) async fn retire_other_models(store: &Store, model: &str) -> Result<bool, Error> {
    let transaction = store.begin_system(Access::Read).await?;
    let maintenance = transaction.maintenance();
    let owners = maintenance.owners_with_other_models(model, OWNERS).await?;
    transaction.commit().await?;
    let mut are_all = (owners.len() as u64) < OWNERS;
    for owner in owners {
        are_all &= retire_other_models_of(store, &owner, model).await?;
    }
    if are_all && let Err(error) = store.drop_nearest_of_others(model).await {
        tracing::warn!(%error, "the database's index of an earlier model stays, and is empty");
    }

    Ok(are_all)
}

/// Lets vectors of other models go, if an owner has all vectors of one; returns whether they have.
pub(super) async fn retire_other_models_of(
    store: &Store,
    owner: &Owner,
    model: &str,
) -> Result<bool, Error> {
    let transaction = store.begin(owner, Access::Glance).await?;
    let missing = transaction.embeddings().count_missing(model).await?;
    transaction.commit().await?;
    if missing > 0 {
        return Ok(false);
    }
    loop {
        let transaction = store.begin(owner, Access::Write).await?;
        let embeddings = transaction.embeddings();
        let forgotten = embeddings.forget_other_models(model, AT_ONCE).await?;
        transaction.commit().await?;
        if forgotten < AT_ONCE {
            return Ok(true);
        }
    }
}
