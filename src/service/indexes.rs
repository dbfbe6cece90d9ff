//! The search indexes held in memory: one an owner, made when first needed, kept current by what the store says has
//! changed, let go when nobody searches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedRwLockReadGuard, RwLock};
use tokio::time::{Instant, sleep};

use super::Error;
use super::answering::Answering;
use crate::domain::{EntryId, EntryTerms, Owner};
use crate::index::OwnerIndex;
use crate::store::{ChangeMark, Searchable, Transaction};

/// How long an index is kept after it was last searched.
const IDLE: Duration = Duration::from_mins(10);

/// How often indexes are looked through.
const SWEEP: Duration = Duration::from_secs(30);

/// What all indexes together may take, in bytes, before those that were not searched for longest are let go.
const MEMORY: usize = 1 << 30;

/// The indexes of a process. Cloning shares them.
#[derive(Clone, Default)]
pub(super) struct Indexes(Arc<Shared>);

#[derive(Default)]
struct Shared {
    of_owners: Mutex<HashMap<Owner, Kept>>,
}

#[derive(Clone)]
struct Kept {
    index: Arc<RwLock<Followed>>,
    searched: Instant,
    /// The model whose vectors answer, and when that was found out.
    answering: Option<(Answering, Instant)>,
}

/// An index and how far it has followed the changes.
pub(super) struct Followed {
    pub(super) index: OwnerIndex,
    /// Of its own, so that it moves on while others search when there is nothing to apply.
    mark: Mutex<ChangeMark>,
    /// The model of its vectors.
    model: Option<String>,
}

/// What has changed since a mark.
#[derive(Default)]
struct Change {
    entries: Vec<Searchable>,
    vectors: Vec<(EntryId, Vec<f32>)>,
}

impl Indexes {
    /// The index of the transaction's owner, as current as what the transaction sees, with the vectors of a model.
    pub(super) async fn current(
        &self,
        owner: &Owner,
        transaction: &Transaction,
        model: Option<&str>,
    ) -> Result<OwnedRwLockReadGuard<Followed>, Error> {
        let index = self.of(owner);
        let searchables = transaction.searchables();
        loop {
            let followed = index.clone().read_owned().await;
            let from = followed.mark();
            if from == ChangeMark::START || followed.model.as_deref() != model {
                drop(followed);
                let mut followed = index.clone().write_owned().await;
                followed.load(transaction, model).await?;
                return Ok(followed.downgrade());
            }

            let now = searchables.mark().await?;
            if now == from {
                return Ok(followed);
            }
            let mut change = Change::default();
            let entries = |entry| change.entries.push(entry);
            searchables.entries_since(&from, entries).await?;
            if let Some(model) = model {
                let vectors = |id, vector| change.vectors.push((id, vector));
                searchables.vectors_since(model, &from, vectors).await?;
            }
            if change.entries.is_empty() && change.vectors.is_empty() {
                followed.advance(&from, now);
                return Ok(followed);
            }

            drop(followed);
            let mut followed = index.clone().write_owned().await;
            // Someone else may have followed further in the meantime; what was read here may then be older.
            if followed.mark() == from && followed.model.as_deref() == model {
                followed.apply(change);
                followed.advance(&from, now);
                return Ok(followed.downgrade());
            }
        }
    }

    /// Whether the index of an owner is in memory.
    pub(super) fn holds(&self, owner: &Owner) -> bool {
        self.kept().contains_key(owner)
    }

    /// The model whose vectors answer for an owner, if that is known: another than the current one may be done with soon.
    pub(super) fn answering(&self, owner: &Owner, current: &str) -> Option<Answering> {
        let kept = self.kept();
        let (answering, found) = kept.get(owner)?.answering.as_ref()?;
        let known_for = if answering.model == current {
            IDLE
        } else {
            SWEEP
        };

        (found.elapsed() < known_for).then(|| answering.clone())
    }

    /// Notes which model's vectors answer for an owner, while their index is in memory.
    pub(super) fn note_answering(&self, owner: &Owner, answering: &Answering) {
        if let Some(kept) = self.kept().get_mut(owner) {
            kept.answering = Some((answering.clone(), Instant::now()));
        }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Owner, Kept>> {
        self.0
            .of_owners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, owner: &Owner) -> Arc<RwLock<Followed>> {
        let mut kept = self.kept();
        if kept.is_empty() {
            tokio::spawn(sweep(Arc::downgrade(&self.0)));
        }
        let kept = kept.entry(owner.clone()).or_insert_with(|| Kept {
            index: Arc::default(),
            searched: Instant::now(),
            answering: None,
        });
        kept.searched = Instant::now();

        kept.index.clone()
    }
}

impl Default for Followed {
    fn default() -> Self {
        Self {
            index: OwnerIndex::default(),
            mark: Mutex::new(ChangeMark::START),
            model: None,
        }
    }
}

impl Followed {
    /// Makes the index anew, unless that was done meanwhile.
    async fn load(&mut self, transaction: &Transaction, model: Option<&str>) -> Result<(), Error> {
        let searchables = transaction.searchables();
        let mark = searchables.mark().await?;
        if self.mark() == ChangeMark::START {
            let index = &mut self.index;
            let count = searchables.count().await?;
            index.reserve(usize::try_from(count).unwrap_or_default());
            searchables
                .entries_since(&ChangeMark::START, |entry| put(index, &entry))
                .await?;
            self.advance(&ChangeMark::START, mark);
            self.model = None;
        }
        if self.model.as_deref() != model {
            self.index.forget_vectors();
            if let Some(model) = model {
                let index = &mut self.index;
                searchables
                    .vectors_since(model, &ChangeMark::START, |id, vector| {
                        index.put_vector(&id, &vector);
                    })
                    .await?;
            }
            self.model = model.map(str::to_owned);
        }
        self.index.settle();
        self.index.shrink();

        Ok(())
    }

    fn mark(&self) -> ChangeMark {
        self.kept_mark().clone()
    }

    /// Moves the mark on, unless somebody else has, or it would go back: a transaction may see less than an earlier one.
    fn advance(&self, from: &ChangeMark, to: ChangeMark) {
        let mut mark = self.kept_mark();
        if *mark == *from && !to.is_behind(from) {
            *mark = to;
        }
    }

    fn kept_mark(&self) -> MutexGuard<'_, ChangeMark> {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&mut self, change: Change) {
        for entry in &change.entries {
            put(&mut self.index, entry);
        }
        for (id, vector) in change.vectors {
            self.index.put_vector(&id, &vector);
        }
        self.index.settle();
    }
}

fn put(index: &mut OwnerIndex, entry: &Searchable) {
    let document = &entry.document;
    if entry.is_active {
        index.put(document, EntryTerms::parse_stored(&entry.terms));
    } else {
        index.remove(&document.id);
    }
}

/// Lets indexes go that are not used, until none is left.
async fn sweep(shared: Weak<Shared>) {
    loop {
        sleep(SWEEP).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let mut kept = shared
            .of_owners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| kept.searched.elapsed() < IDLE);
        // One that is being changed is being used.
        let bytes = |kept: &Kept| kept.index.try_read().map_or(0, |index| index.index.bytes());
        let mut total: usize = kept.values().map(bytes).sum();
        while total > MEMORY {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.searched);
            let Some((owner, size)) = oldest.map(|(owner, kept)| (owner.clone(), bytes(kept)))
            else {
                break;
            };
            kept.remove(&owner);
            total = total.saturating_sub(size);
        }
        if kept.is_empty() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_index_is_let_go_when_nobody_has_searched_it_for_a_while() {
        let indexes = Indexes::default();
        let [busy, idle] = ["busy", "idle"].map(|name| Owner::new(name).unwrap());
        let idle_index = Arc::downgrade(&indexes.of(&idle));
        let half = IDLE / 2 + SWEEP;

        indexes.of(&busy);
        sleep(half).await;
        indexes.of(&busy);
        assert!(indexes.holds(&idle), "not before its time");

        sleep(half).await;
        assert!(indexes.holds(&busy));
        assert!(!indexes.holds(&idle));
        assert_eq!(idle_index.strong_count(), 0, "its memory is free");

        sleep(IDLE + SWEEP).await;
        assert!(!indexes.holds(&busy), "it was the last");
        indexes.of(&idle);
        sleep(IDLE + SWEEP).await;
        assert!(
            !indexes.holds(&idle),
            "one that came later is looked at too"
        );
    }
}
