//! A clock and ids that make results equal from run to run and on both databases.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use awareness::domain::{Clock, EntryId, Ids, Timestamp};
use chrono::TimeDelta;

/// A clock that moves a millisecond each time it is asked, and as far as a test wants.
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) fn at(text: &str) -> Self {
        Self(Mutex::new(Timestamp::parse(text).unwrap()))
    }

    pub(crate) fn advance(&self, span: TimeDelta) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(span).unwrap();
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.advance(TimeDelta::milliseconds(1));

        *self.0.lock().unwrap()
    }
}

/// Ids that count up.
#[derive(Default)]
pub(crate) struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn next(&self, _now: Timestamp) -> EntryId {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;

        EntryId::from(format!("00000000-0000-7000-8000-{number:012}"))
    }
}
