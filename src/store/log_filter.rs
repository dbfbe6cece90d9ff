//! Which events of a log are meant.

use sea_orm::{ColumnTrait, Condition};

use crate::domain::{EntryId, Timestamp};

/// Events of the log of reads or of actions; all that is named must hold.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// About this entry.
    pub entry: Option<EntryId>,
    /// Then or later.
    pub since: Option<Timestamp>,
    /// By this client, exactly.
    pub platform: Option<String>,
}

impl LogFilter {
    /// The condition on a log with these columns.
    pub(super) fn condition<C: ColumnTrait>(&self, entry: C, time: C, platform: C) -> Condition {
        Condition::all()
            .add_option(self.entry.as_ref().map(|id| entry.eq(id.as_str())))
            .add_option(self.since.map(|since| time.gte(since.utc())))
            .add_option(self.platform.as_ref().map(|name| platform.eq(name)))
    }
}
