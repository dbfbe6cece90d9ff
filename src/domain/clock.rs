//! Time as an argument: everything that needs the present is given a clock.

use super::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present, to the microsecond.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from(chrono::Utc::now())
    }
}
