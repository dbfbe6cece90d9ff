//! What the product does, in its own words: rules, clock, one transaction a call. No protocol, no HTTP, no SQL.
//!
//! One file per family of features. Each call takes a [`Caller`]: the owner belongs to the request and is never
//! remembered between two of them.

mod answering;
mod briefing;
mod catch_up;
mod duplicates;
mod embed_queue;
mod embedding;
mod error;
mod indexes;
mod intentions;
mod knowledge;
mod language;
mod nearest;
mod overview;
mod preferences;
mod read_log;
mod reading;
mod records;
mod search;
mod statistics;
mod tracking;
mod trash;
mod update;
mod upkeep;
mod watch;
mod writing;

use std::num::NonZero;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

pub use catch_up::CaughtUp;
pub use error::{Error, Invalid, Taken};
pub use intentions::{IntentionQuery, NewIntention};
pub use knowledge::{NewContext, NewNote, NewPattern, Remembered, Upserted, Written};
pub use nearest::LARGE;
pub use overview::{About, CONVENTION_TAG, OVERVIEW, PROMPT_SOURCE, SystemOverview, has_history};
pub use preferences::NewPreference;
pub use reading::{Entries, History, KnowledgeQuery, Shape};
pub use records::{NewRecord, NewSchema};
pub use search::{Backfilled, Found, Score, SearchQuery};
pub use tracking::ActedOn;
pub use trash::{BulkTarget, Confirmation, RestoredByTags, Trashed};
pub use update::EntryUpdate;
pub use watch::{AlertQuery, NewAlert, NewStatus, NewSuppression};

use crate::domain::{Clock, EntryId, Ids, Owner, RandomIds, SystemClock, Timestamp};
use crate::embed::{Builtin, Monitor, Provider};
use crate::store::Store;
use embed_queue::EmbedQueue;
use embedding::Embedder;
use indexes::Indexes;
use nearest::NearestIndexes;
use read_log::ReadLog;
use upkeep::Upkeep;

/// Who calls, for the length of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose data the request is about.
    pub owner: Owner,
    /// Name of the client, if it gave one.
    pub platform: Option<String>,
}

/// The product, on an open store. Cloning it shares everything.
#[derive(Clone)]
pub struct Service {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    read_log: ReadLog,
    upkeep: Upkeep,
    indexes: Indexes,
    embedder: Embedder,
    nearest: NearestIndexes,
    ranking: Arc<Semaphore>,
    embed_queue: EmbedQueue,
    background: TaskTracker,
}

impl Service {
    /// Starts the product on a store, with the system's clock and random ids. Needs a Tokio runtime.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self::with_parts(store, Arc::new(SystemClock), Arc::new(RandomIds))
    }

    /// As [`Service::new`], with a provider of vectors of the caller's choice, or none.
    #[must_use]
    pub fn with_provider(store: Store, provider: Option<Arc<dyn Provider>>) -> Self {
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds));

        Self::with_every_part(store, clock, ids, provider)
    }

    /// Starts the product with a clock and ids of the caller's choice.
    #[must_use]
    pub fn with_parts(store: Store, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self::with_every_part(store, clock, ids, Some(Arc::new(Builtin)))
    }

    /// Starts the product with a clock, ids and a provider of vectors of the caller's choice.
    #[must_use]
    pub fn with_every_part(
        store: Store,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        provider: Option<Arc<dyn Provider>>,
    ) -> Self {
        let background = TaskTracker::new();
        let monitor = Monitor::new(provider);
        let queue = EmbedQueue::start(store.clone(), clock.clone(), monitor.clone(), &background);

        Self {
            read_log: ReadLog::start(store.clone(), &background),
            upkeep: Upkeep::default(),
            indexes: Indexes::default(),
            embed_queue: queue,
            embedder: Embedder::new(monitor),
            nearest: NearestIndexes::new(LARGE),
            ranking: Arc::new(Semaphore::new(cores())),
            store,
            clock,
            ids,
            background,
        }
    }

    /// The store below, for health checks.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Writes what is queued, waits for work in the background, and closes the store.
    pub async fn shut_down(self) {
        self.read_log.flush().await;
        self.read_log.close();
        self.embed_queue.close();
        self.background.close();
        self.background.wait().await;
        self.store.close().await;
    }

    /// How what turns texts into vectors fares.
    #[must_use]
    pub fn embedding(&self) -> Monitor {
        self.embedder.monitor().clone()
    }

    /// Waits until no entry waits for a vector any more; for ever, while the provider is down.
    pub async fn flush_embeddings(&self) {
        self.embed_queue.settle().await;
    }

    /// Waits until the reads logged so far are written.
    pub async fn flush_reads(&self) {
        self.read_log.flush().await;
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn new_id(&self, now: Timestamp) -> EntryId {
        self.ids.next(now)
    }
}

/// Searches that rank at a time: more would only take turns on the same cores, all of them slowly.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
