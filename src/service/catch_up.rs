//! Search made complete: words analysed as this version does it, and a vector for every entry.

use super::answering::retire_other_models;
use super::{Error, Service};
use crate::store::Access;

/// Entries analysed in one transaction, so that writers are not held up for long.
const AT_ONCE: u64 = 200;

/// Entries of one owner embedded before the next owner has a turn.
const TURN: u64 = 10_000;

/// What was made for search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Entries whose words were analysed.
    pub analysed: u64,
    /// Entries that got a vector.
    pub embedded: u64,
}

impl Service {
    /// Makes search complete in the background: after an upgrade or an outage, and for a store that another server filled.
    pub fn start_catching_up(&self) {
        let service = self.clone();
        self.background.spawn(async move {
            match service.catch_up(|_| {}).await {
                Ok(CaughtUp {
                    analysed: 0,
                    embedded: 0,
                }) => {}
                Ok(CaughtUp { analysed, embedded }) => {
                    tracing::info!(analysed, embedded, "search is complete");
                }
                Err(error) => tracing::error!(%error, "search is not complete"),
            }
        });
    }

    /// Has the words and vectors of every entry made again by [`Service::catch_up`]; returns how many entries that are.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn forget_words(&self) -> Result<u64, Error> {
        let transaction = self.store.begin_system(Access::Write).await?;
        let forgotten = transaction.maintenance().forget_words().await?;
        transaction.commit().await?;

        Ok(forgotten)
    }

    /// Analyses and embeds whatever is not yet, of every owner, and tells how far it is; ends early when the service shuts
    /// down.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn catch_up(&self, progress: impl Fn(CaughtUp)) -> Result<CaughtUp, Error> {
        let mut done = CaughtUp::default();
        while !self.background.is_closed() {
            let transaction = self.store.begin_system(Access::Write).await?;
            let analysed = transaction.maintenance().analyse_again(AT_ONCE).await?;
            transaction.commit().await?;
            if analysed == 0 {
                break;
            }
            done.analysed += analysed;
            progress(done);
        }

        // A provider that takes its time has a worker that embeds.
        let provider = self.embedder.monitor().provider();
        let Some(provider) = provider.filter(|provider| provider.is_instant()) else {
            return Ok(done);
        };
        let model = provider.model();
        loop {
            let transaction = self.store.begin_system(Access::Read).await?;
            let maintenance = transaction.maintenance();
            let owners = maintenance.owners_without_vectors(model, AT_ONCE).await?;
            transaction.commit().await?;
            let before = done.embedded;
            for owner in owners {
                if self.background.is_closed() {
                    return Ok(done);
                }
                done.embedded += self.embed_missing(&owner, model, TURN).await?;
                progress(done);
            }
            // What cannot be embedded is left to the next start.
            if done.embedded == before {
                retire_other_models(&self.store, model).await?;
                return Ok(done);
            }
        }
    }
}
