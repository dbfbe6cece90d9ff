//! Logging of reads, off the request path: a bounded queue and batches.
//!
//! A summary shows how often an entry was read, the present read included, although that one is still in the queue. So
//! the log counts what is queued, and a batch becomes visible in the store and leaves the count in one step.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedRwLockReadGuard, RwLock, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Caller;
use crate::domain::{EntryId, EntrySummary, Owner, Timestamp};
use crate::store::{Access, NewReads, Store, StoreError};

/// Calls that can wait to be logged. Beyond that reads are dropped and their number is logged: a log must not slow down
/// or fail what it logs.
const QUEUE: usize = 8192;

/// How long a batch is gathered.
const GATHER: Duration = Duration::from_millis(100);

/// Reads after which a batch is written without gathering on.
const BATCH: usize = 4000;

type Pending = HashMap<Owner, HashMap<EntryId, u64>>;

#[derive(Clone)]
pub(super) struct ReadLog {
    sender: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

#[derive(Default)]
struct Shared {
    /// Held shared while stored and queued counts are added up, alone while a batch moves from one to the other.
    gate: Arc<RwLock<()>>,
    pending: Mutex<Pending>,
    dropped: AtomicU64,
}

enum Message {
    Reads(Owner, NewReads),
    Flush(oneshot::Sender<()>),
}

/// Keeps queued reads from becoming stored ones while both are counted.
pub(super) struct Counting {
    shared: Arc<Shared>,
    _gate: OwnedRwLockReadGuard<()>,
}

impl ReadLog {
    pub(super) fn start(store: Store, background: &TaskTracker) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let log = Self {
            sender,
            shared: Arc::default(),
            stop: CancellationToken::new(),
        };
        background.spawn(write_batches(
            store,
            receiver,
            log.shared.clone(),
            log.stop.clone(),
        ));

        log
    }

    /// Queues reads. Never waits and never fails.
    pub(super) fn record<'a>(
        &self,
        caller: &Caller,
        ids: impl Iterator<Item = &'a EntryId>,
        tool: &'static str,
        now: Timestamp,
    ) {
        let reads = NewReads {
            entry_ids: ids.cloned().collect(),
            timestamp: now,
            platform: caller.platform.clone(),
            tool,
        };
        if reads.entry_ids.is_empty() {
            return;
        }

        match self.sender.try_reserve() {
            Ok(place) => {
                self.shared.add(&caller.owner, &reads);
                place.send(Message::Reads(caller.owner.clone(), reads));
            }
            Err(_) => {
                self.shared
                    .dropped
                    .fetch_add(reads.entry_ids.len() as u64, Ordering::Relaxed);
            }
        }
    }

    /// Begins to count stored and queued reads together.
    pub(super) async fn counting(&self) -> Counting {
        Counting {
            shared: self.shared.clone(),
            _gate: self.shared.gate.clone().read_owned().await,
        }
    }

    /// Waits until what is queued now is written.
    pub(super) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.sender.send(Message::Flush(done)).await.is_ok() {
            // The writer only goes away when the log is closed; nothing is left to wait for then.
            let _ = written.await;
        }
    }

    /// Waits until what is queued of an owner is written.
    pub(super) async fn settle(&self, owner: &Owner) {
        let has_pending = self
            .shared
            .pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(owner);
        if has_pending {
            self.flush().await;
        }
    }

    /// Lets the writer end once the queue is empty.
    pub(super) fn close(&self) {
        self.stop.cancel();
    }
}

impl Counting {
    /// Adds the queued reads to the stored counts, and the time of the present read.
    pub(super) fn add_pending(
        &self,
        owner: &Owner,
        summaries: &mut [EntrySummary],
        now: Timestamp,
    ) {
        let pending = self
            .shared
            .pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let queued = pending.get(owner);
        for summary in summaries {
            // The present read counts even if there was no place for it in the queue.
            let count = queued
                .and_then(|queued| queued.get(&summary.id))
                .copied()
                .unwrap_or(1);
            summary.read_count += count;
            summary.last_read = summary.last_read.max(Some(now));
        }
    }
}

impl Shared {
    fn add(&self, owner: &Owner, reads: &NewReads) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = pending.entry(owner.clone()).or_default();
        for id in &reads.entry_ids {
            *counts.entry(id.clone()).or_default() += 1;
        }
    }

    fn subtract(&self, owner: &Owner, calls: &[NewReads]) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(counts) = pending.get_mut(owner) else {
            return;
        };
        for id in calls.iter().flat_map(|call| &call.entry_ids) {
            if let Some(count) = counts.get_mut(id) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(id);
                }
            }
        }
        if counts.is_empty() {
            pending.remove(owner);
        }
    }
}

async fn write_batches(
    store: Store,
    mut receiver: mpsc::Receiver<Message>,
    shared: Arc<Shared>,
    stop: CancellationToken,
) {
    loop {
        let first = tokio::select! {
            biased;
            message = receiver.recv() => message,
            () = stop.cancelled() => None,
        };
        let Some(first) = first else {
            return;
        };

        let batch = gather(first, &mut receiver).await;
        for (owner, calls) in batch.calls {
            if let Err(error) = write(&store, &owner, &calls, &shared).await {
                tracing::warn!(%error, calls = calls.len(), "reads were not logged");
                shared.subtract(&owner, &calls);
            }
        }
        let dropped = shared.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(dropped, "more reads than can be logged");
        }
        for done in batch.waiting {
            // Whoever waited may have gone.
            let _ = done.send(());
        }
    }
}

#[derive(Default)]
struct Batch {
    calls: HashMap<Owner, Vec<NewReads>>,
    size: usize,
    waiting: Vec<oneshot::Sender<()>>,
}

async fn gather(first: Message, receiver: &mut mpsc::Receiver<Message>) -> Batch {
    let mut batch = Batch::default();
    let deadline = Instant::now() + GATHER;
    let mut next = Some(first);

    while let Some(message) = next {
        match message {
            Message::Reads(owner, reads) => {
                batch.size += reads.entry_ids.len();
                batch.calls.entry(owner).or_default().push(reads);
            }
            Message::Flush(done) => batch.waiting.push(done),
        }
        next = if batch.size >= BATCH {
            None
        } else if batch.waiting.is_empty() {
            timeout_at(deadline, receiver.recv()).await.ok().flatten()
        } else {
            receiver.try_recv().ok()
        };
    }

    batch
}

async fn write(
    store: &Store,
    owner: &Owner,
    calls: &[NewReads],
    shared: &Shared,
) -> Result<(), StoreError> {
    let transaction = store.begin(owner, Access::Write).await?;
    transaction.reads().log(calls).await?;

    let _alone = shared.gate.write().await;
    transaction.commit().await?;
    shared.subtract(owner, calls);

    Ok(())
}
