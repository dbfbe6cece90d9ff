//! Vectors made in the background, for providers that take their time: an entry is written first and embedded after.
//!
//! What waits is in the store: an entry without a vector, or with one whose hash of the text was taken away by a later
//! write. The queue only knows whose entries those are, so that a process that dies loses nothing.

use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Error;
use super::answering::retire_other_models;
use super::embedding::{embedding_of, store_current};
use crate::domain::{Clock, Entry, EntryId, Owner, embedded_text};
use crate::embed::Monitor;
use crate::store::{Access, Embedding, Store};

/// Entries asked about at once.
const BATCH: usize = 32;

/// Owners looked for at once.
const OWNERS: u64 = 1_000;

/// Failures one after another from which the provider counts as down.
const PATIENCE: u32 = 3;

/// Entries that failed and are passed over, at most.
const PASSED_OVER: usize = 256;

/// The first wait after a failure.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait.
const LAST_WAIT: Duration = Duration::from_mins(1);

/// Whose entries wait for vectors.
#[derive(Clone, Default)]
pub(super) struct EmbedQueue {
    shared: Arc<Shared>,
}

struct Shared {
    owners: Mutex<BTreeSet<Owner>>,
    more: Notify,
    is_idle: watch::Sender<bool>,
    stop: CancellationToken,
}

/// What makes the vectors.
struct Worker {
    store: Store,
    clock: Arc<dyn Clock>,
    monitor: Monitor,
    queue: EmbedQueue,
    /// Entries that failed in this round; the others go first.
    failed: HashMap<EntryId, Owner>,
    failures_in_a_row: u32,
}

/// How a round ended.
struct Round {
    stored: usize,
    is_done: bool,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            owners: Mutex::default(),
            more: Notify::new(),
            is_idle: watch::Sender::new(true),
            stop: CancellationToken::new(),
        }
    }
}

impl EmbedQueue {
    /// Starts the worker, if the provider needs one.
    pub(super) fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        monitor: Monitor,
        background: &TaskTracker,
    ) -> Self {
        let queue = Self::default();
        let is_needed = monitor.provider().is_some_and(|it| !it.is_instant());
        if is_needed {
            queue.shared.is_idle.send_replace(false);
            let worker = Worker {
                store,
                clock,
                monitor,
                queue: queue.clone(),
                failed: HashMap::new(),
                failures_in_a_row: 0,
            };
            background.spawn(worker.run());
        }

        queue
    }

    /// Has the entries of an owner looked at. Never waits and never fails.
    pub(super) fn wake(&self, owner: &Owner) {
        self.add([owner.clone()]);
        self.shared.more.notify_one();
    }

    /// Waits until nothing waits for a vector any more, or the worker has ended.
    pub(super) async fn settle(&self) {
        let mut is_idle = self.shared.is_idle.subscribe();
        // The queue holds the sender.
        let _ = is_idle.wait_for(|is_idle| *is_idle).await;
    }

    /// Ends the worker; what waits is found again by the next.
    pub(super) fn close(&self) {
        self.shared.stop.cancel();
    }

    fn add(&self, more: impl IntoIterator<Item = Owner>) {
        let mut owners = self.owners();
        owners.extend(more);
        self.shared.is_idle.send_replace(owners.is_empty());
    }

    fn take(&self) -> BTreeSet<Owner> {
        mem::take(&mut *self.owners())
    }

    fn owners(&self) -> std::sync::MutexGuard<'_, BTreeSet<Owner>> {
        self.shared
            .owners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    async fn run(mut self) {
        let stop = self.queue.shared.stop.clone();
        // Dropping a question or a transaction under way undoes it.
        stop.run_until_cancelled(self.work()).await;
        self.queue.shared.is_idle.send_replace(true);
    }

    async fn work(&mut self) {
        let mut wait = FIRST_WAIT;
        let (mut has_looked, mut has_retired) = (false, false);
        loop {
            if !has_looked {
                has_looked = self.look().await;
            }
            let round = self.round().await;
            if round.is_done && has_looked {
                wait = FIRST_WAIT;
                has_retired = has_retired || self.retire().await;
                // Empty, unless somebody wrote meanwhile.
                self.queue.add([]);
                self.queue.shared.more.notified().await;
                continue;
            }
            if round.stored > 0 {
                wait = FIRST_WAIT;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LAST_WAIT);
        }
    }

    /// Finds whose entries wait from earlier; whether those are all of them.
    async fn look(&self) -> bool {
        match self.owners_waiting().await {
            Ok(owners) => {
                let are_all = (owners.len() as u64) < OWNERS;
                self.queue.add(owners);
                are_all
            }
            Err(error) => {
                tracing::warn!(%error, "entries without a vector were not looked for");
                false
            }
        }
    }

    /// Lets vectors of other models go; whether that are all.
    async fn retire(&self) -> bool {
        let retired = retire_other_models(&self.store, self.model()).await;
        if let Err(error) = &retired {
            tracing::warn!(%error, "vectors of an earlier model were not removed");
        }

        retired.unwrap_or_default()
    }

    async fn owners_waiting(&self) -> Result<Vec<Owner>, Error> {
        let transaction = self.store.begin_system(Access::Read).await?;
        let owners = transaction
            .maintenance()
            .owners_without_vectors(self.model(), OWNERS)
            .await?;
        transaction.commit().await?;

        Ok(owners)
    }

    /// Goes through the owners once. Ends early when the provider is down.
    async fn round(&mut self) -> Round {
        let mut stored = 0;
        let mut unfinished = BTreeSet::new();
        self.failures_in_a_row = 0;
        for owner in self.queue.take() {
            // Once the provider is down this only keeps the owner for later.
            let served = self.serve(&owner, &mut stored).await;
            if let Err(error) = &served {
                tracing::warn!(%error, "vectors were not stored");
            }
            if served.is_err() || self.is_down() {
                unfinished.insert(owner);
            }
        }

        unfinished.extend(self.failed.values().cloned());
        let is_done = unfinished.is_empty();
        // Those that failed are tried again once all the others had their turn.
        if !self.is_down() || self.failed.len() > PASSED_OVER {
            self.failed.clear();
        }
        if !is_done {
            let status = self.monitor.report().status;
            tracing::warn!(stored, status, "entries wait to be embedded");
        }
        self.queue.add(unfinished);

        Round { stored, is_done }
    }

    /// Embeds what waits of an owner.
    async fn serve(&mut self, owner: &Owner, stored: &mut usize) -> Result<(), Error> {
        while !self.is_down() {
            let entries = self.waiting(owner).await?;
            if entries.is_empty() {
                break;
            }
            match self.embed(owner, &entries).await? {
                Some(count) => *stored += count,
                None => match entries.as_slice() {
                    [entry] => self.pass_over(owner, entry),
                    several => *stored += self.embed_each(owner, several).await?,
                },
            }
        }

        Ok(())
    }

    /// Embeds entries together; `None` when the provider fails.
    async fn embed(&mut self, owner: &Owner, entries: &[Entry]) -> Result<Option<usize>, Error> {
        let texts: Vec<String> = entries.iter().map(embedded_text).collect();
        let Ok(vectors) = self.monitor.embed(&texts).await else {
            return Ok(None);
        };
        self.failures_in_a_row = 0;
        let embedded = entries.iter().zip(&texts).zip(vectors);
        let embedded: Vec<Embedding> = embedded
            .map(|((entry, text), vector)| embedding_of(entry, self.model(), text, vector))
            .collect();
        let stored = store_current(&self.store, owner, embedded, self.clock.now()).await?;
        for entry in entries.iter().filter(|entry| !stored.contains(&entry.id)) {
            self.failed.insert(entry.id.clone(), owner.clone());
        }

        Ok(Some(stored.len()))
    }

    /// Embeds entries one by one, so that one the provider cannot take does not hold up the others.
    async fn embed_each(&mut self, owner: &Owner, entries: &[Entry]) -> Result<usize, Error> {
        let mut stored = 0;
        for entry in entries {
            let one = std::slice::from_ref(entry);
            if let Some(count) = self.embed(owner, one).await? {
                stored += count;
                continue;
            }
            self.pass_over(owner, entry);
            if self.is_down() {
                break;
            }
        }

        Ok(stored)
    }

    fn pass_over(&mut self, owner: &Owner, entry: &Entry) {
        self.failed.insert(entry.id.clone(), owner.clone());
        self.failures_in_a_row += 1;
    }

    async fn waiting(&self, owner: &Owner) -> Result<Vec<Entry>, Error> {
        let transaction = self.store.begin(owner, Access::Read).await?;
        let limit = (BATCH + self.failed.len()) as u64;
        let mut entries = transaction
            .embeddings()
            .list_missing(self.model(), limit)
            .await?;
        transaction.commit().await?;
        entries.retain(|entry| !self.failed.contains_key(&entry.id));
        entries.truncate(BATCH);

        Ok(entries)
    }

    fn is_down(&self) -> bool {
        self.failures_in_a_row >= PATIENCE
    }

    fn model(&self) -> &str {
        self.monitor.provider().map_or("", |it| it.model())
    }
}
