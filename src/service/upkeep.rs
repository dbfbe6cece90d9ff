//! Upkeep in the background: emptying the trash, and removing expired entries of owners who asked for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::{Error, Service};
use crate::domain::Timestamp;
use crate::store::Access;

/// Time between two runs, in microseconds.
const PAUSE: i64 = 10_000_000;

/// Entries purged in one transaction, so that writers are not held up for long.
const AT_ONCE: u64 = 500;

/// When upkeep last began and whether it is still going on.
#[derive(Clone, Default)]
pub(super) struct Upkeep {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    running: AtomicBool,
    started: AtomicI64,
}

impl Upkeep {
    /// Claims a run, unless one is going on or began less than the pause ago.
    fn claim(&self, now: Timestamp) -> bool {
        let now = now.unix_microseconds();
        let last = self.state.started.load(Ordering::Relaxed);
        if now.saturating_sub(last) < PAUSE || self.state.running.swap(true, Ordering::AcqRel) {
            return false;
        }
        self.state.started.store(now, Ordering::Relaxed);

        true
    }

    fn release(&self) {
        self.state.running.store(false, Ordering::Release);
    }
}

impl Service {
    /// Starts upkeep in the background if it is due. Never delays or fails the caller.
    pub(super) fn tidy_up(&self) {
        if !self.upkeep.claim(self.now()) {
            return;
        }
        let service = self.clone();
        self.background.spawn(async move {
            match service.purge().await {
                Ok(0) => {}
                Ok(purged) => tracing::info!(purged, "removed entries whose time was over"),
                Err(error) => tracing::error!(%error, "upkeep failed"),
            }
            service.upkeep.release();
        });
    }

    /// Removes trash older than thirty days, and what has expired for owners with the preference `auto_cleanup`, and puts
    /// kept counts together; returns how many entries went.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn purge(&self) -> Result<u64, Error> {
        let now = self.now();
        let mut purged = 0;
        loop {
            let transaction = self.store.begin_system(Access::Write).await?;
            let batch = transaction.maintenance().purge_trash(now, AT_ONCE).await?;
            transaction.commit().await?;
            purged += batch;
            if batch < AT_ONCE {
                break;
            }
        }

        let transaction = self.store.begin_system(Access::Write).await?;
        transaction.maintenance().put_counts_together().await?;
        transaction.commit().await?;

        let transaction = self.store.begin_system(Access::Read).await?;
        let owners = transaction.maintenance().owners_with_auto_cleanup().await?;
        transaction.commit().await?;
        for owner in owners {
            let transaction = self.store.begin(&owner, Access::Write).await?;
            purged += transaction.entries().purge_expired(now).await?;
            transaction.commit().await?;
        }

        Ok(purged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upkeep_runs_once_at_a_time_and_not_again_within_ten_seconds() {
        let upkeep = Upkeep::default();
        let at = |second| Timestamp::parse(&format!("2031-02-03T04:05:{second:02}")).unwrap();

        let claims = (0..10).filter(|second| upkeep.claim(at(*second))).count();
        assert_eq!(claims, 1);
        assert!(!upkeep.claim(at(30)), "the first run is still going on");

        upkeep.release();
        assert!(upkeep.claim(at(31)));
    }
}
