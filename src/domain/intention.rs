//! The life of an intention.

use super::word_enum;

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
