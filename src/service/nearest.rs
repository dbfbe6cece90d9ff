//! Owners with very many vectors on Postgres: the database's own index answers for them, and their vectors are not held in
//! memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::embedding::QueryMeaning;
use super::indexes::Followed;
use super::{Error, Service};
use crate::domain::EntryId;
use crate::index::DocumentFilter;
use crate::store::{Access, Among, EntryFilter, Expired, Transaction};

/// Vectors of an owner from which on the database's index answers, where there is one: comparing so many takes a few
/// milliseconds.
pub const LARGE: u64 = 250_000;

/// The part of that number which is so few that each is compared: an index would look at many that a filter leaves out.
const FEW: u64 = 25;

/// Vectors made ready for an index in one transaction, so that writers are not held up for long.
const AT_ONCE: u64 = 500;

/// How long to wait before the database is asked again whether it has an index.
const RETRY: Duration = Duration::from_mins(5);

/// What is known of the database's indexes. Cloning shares it.
#[derive(Clone)]
pub(super) struct NearestIndexes {
    large: u64,
    of_models: Arc<Mutex<HashMap<String, State>>>,
}

#[derive(Clone, Copy)]
enum State {
    /// It is there and complete.
    Ready,
    /// It is being made.
    Making,
    /// It could not be made then.
    Missing(Instant),
}

impl NearestIndexes {
    pub(super) fn new(large: u64) -> Self {
        Self {
            large,
            of_models: Arc::default(),
        }
    }

    fn states(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.of_models
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn state_of(&self, model: &str) -> Option<State> {
        self.states().get(model).copied()
    }

    fn note(&self, model: &str, state: State) {
        self.states().insert(model.to_owned(), state);
    }
}

impl Service {
    /// The same, with another number of vectors from which on the database's own index answers for an owner.
    #[must_use]
    pub fn with_large_owners_from(mut self, vectors: u64) -> Self {
        self.nearest = NearestIndexes::new(vectors);

        self
    }

    /// Whether the database's index answers for an owner with so many vectors of a model. If it could and is not there,
    /// it is made in the background; until it is, memory answers.
    pub(super) async fn is_large(
        &self,
        meaning: &QueryMeaning,
        vectors: u64,
    ) -> Result<bool, Error> {
        let Some(model) = meaning
            .model
            .as_deref()
            .filter(|_| vectors >= self.nearest.large)
        else {
            return Ok(false);
        };
        match (self.nearest.state_of(model), &meaning.vector) {
            (Some(State::Ready), _) => Ok(true),
            (Some(State::Making), _) | (_, None) => Ok(false),
            (Some(State::Missing(since)), _) if since.elapsed() < RETRY => Ok(false),
            (_, Some(vector)) => {
                let is_there = self.has_nearest(model, vector.len()).await?;
                if is_there {
                    self.nearest.note(model, State::Ready);
                } else {
                    self.start_making_nearest(model, vector.len());
                }
                Ok(is_there)
            }
        }
    }

    /// What the database finds nearest, where it answers instead of memory.
    pub(super) async fn nearest_to(
        &self,
        transaction: &Transaction,
        followed: &Followed,
        filter: &DocumentFilter,
        meaning: &QueryMeaning,
        limit: usize,
    ) -> Result<Option<Vec<(EntryId, f32)>>, Error> {
        let QueryMeaning {
            model: Some(model),
            vector: Some(vector),
            is_large: true,
            ..
        } = meaning
        else {
            return Ok(None);
        };
        let few = self.nearest.large / FEW;
        let among = if (followed.index.count(filter) as u64) < few {
            Among::Few
        } else {
            Among::Many
        };
        let filter = entry_filter(filter);
        let nearest = transaction.nearest();
        let nearest = nearest.find(&filter, among, model, vector, limit as u64);

        Ok(Some(nearest.await?))
    }

    /// Makes the index in the background. Not waited for at the end: the database takes minutes for a large one, and what
    /// is left half made is made anew.
    fn start_making_nearest(&self, model: &str, dimensions: usize) {
        self.nearest.note(model, State::Making);
        let (service, model) = (self.clone(), model.to_owned());
        tokio::spawn(async move {
            let made = service.make_nearest(&model, dimensions).await;
            let state = match made {
                Ok(true) => {
                    tracing::info!(model, "the database has an index of the nearest vectors");
                    State::Ready
                }
                Ok(false) => State::Missing(Instant::now()),
                Err(error) => {
                    tracing::warn!(model, %error, "no index of the nearest vectors: memory answers");
                    State::Missing(Instant::now())
                }
            };
            service.nearest.note(&model, state);
        });
    }

    async fn make_nearest(&self, model: &str, dimensions: usize) -> Result<bool, Error> {
        loop {
            if self.background.is_closed() {
                return Ok(false);
            }
            let transaction = self.store.begin_system(Access::Write).await?;
            let maintenance = transaction.maintenance();
            let filled = maintenance.fill_nearest(model, dimensions, AT_ONCE).await?;
            transaction.commit().await?;
            if filled == 0 {
                break;
            }
        }
        self.store.make_nearest(model, dimensions).await?;

        self.has_nearest(model, dimensions).await
    }

    async fn has_nearest(&self, model: &str, dimensions: usize) -> Result<bool, Error> {
        let transaction = self.store.begin_system(Access::Read).await?;
        let maintenance = transaction.maintenance();
        let has_nearest = maintenance.has_nearest(model, dimensions).await?;
        transaction.commit().await?;

        Ok(has_nearest)
    }
}

/// The entries of the documents of a filter.
fn entry_filter(documents: &DocumentFilter) -> EntryFilter {
    let DocumentFilter {
        types,
        source,
        tags,
        since,
        until,
        created_since,
        created_until,
        language,
        current_at,
    } = documents;
    let mut filter = EntryFilter::active().tagged(tags);
    if !types.is_empty() {
        filter = filter.of_types(types.iter().copied());
    }
    if let Some(source) = source {
        filter = filter.about(source);
    }
    if let Some(time) = since {
        filter = filter.touched_since(*time);
    }
    if let Some(time) = until {
        filter = filter.touched_until(*time);
    }
    if let Some(time) = created_since {
        filter = filter.created_since(*time);
    }
    if let Some(time) = created_until {
        filter = filter.created_until(*time);
    }
    if let Some(language) = language {
        filter = filter.in_language(*language);
    }
    if let Some(now) = current_at {
        filter = filter.expired(Expired::HiddenAt(*now));
    }

    filter
}
