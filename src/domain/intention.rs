//! The life of an intention.

use super::{Changes, Entry, Timestamp, word_enum};

/// What becomes of an intention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Where it stands from now on.
    pub state: IntentionState,
    /// Why; without one an earlier reason is dropped, because it was another state's.
    pub reason: Option<String>,
    /// A new time to be due at.
    pub deliver_at: Option<Timestamp>,
}

impl StateChange {
    /// Brings an intention to its new state; what was there goes into its history.
    pub fn apply(self, entry: &mut Entry, now: Timestamp) {
        let mut changes = Changes::default();
        let old = entry.text("state").unwrap_or("pending").to_owned();
        changes.note("state", old);
        let data = &mut entry.data;
        data.insert("state".to_owned(), self.state.as_str().into());
        if let Some(old) = data.remove("state_reason") {
            changes.note("state_reason", old);
        }
        if let Some(reason) = self.reason.filter(|reason| !reason.is_empty()) {
            data.insert("state_reason".to_owned(), reason.into());
        }
        if let Some(time) = self.deliver_at {
            changes.set(data, "deliver_at", time);
        }
        // Put off until a time it wakes by itself; put off without one it does not.
        if self.state == IntentionState::Snoozed && self.deliver_at.is_some() {
            data.insert("wakes".to_owned(), true.into());
        } else {
            data.remove("wakes");
        }
        changes.append_to(data, now);
        entry.updated = Some(now);
    }
}

word_enum! {
    /// Where an intention stands.
    IntentionState {
        /// Waiting for its time.
        Pending = "pending",
        /// Shown in a briefing.
        Fired = "fired",
        /// Being worked on.
        Active = "active",
        /// Done.
        Completed = "completed",
        /// Put off.
        Snoozed = "snoozed",
        /// Given up.
        Cancelled = "cancelled",
    }
}

word_enum! {
    /// How soon an intention matters once it is due.
    Urgency {
        /// Can wait.
        Low = "low",
        /// The usual.
        Normal = "normal",
        /// First.
        High = "high",
    }
}
