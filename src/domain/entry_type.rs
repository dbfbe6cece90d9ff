//! The ten kinds of entry.

use super::word_enum;

word_enum! {
    /// What an entry is. The order is that of `get_stats`.
    EntryType {
        /// The latest report of a source.
        Status = "status",
        /// Something wrong at a source.
        Alert = "alert",
        /// A rule: when this, expect that.
        Pattern = "pattern",
        /// Silence for some alerts, for a while.
        Suppression = "suppression",
        /// A fact that passes.
        Context = "context",
        /// A wish about how to be served.
        Preference = "preference",
        /// A fact that stays.
        Note = "note",
        /// Something to do, perhaps at a time.
        Intention = "intention",
        /// The shape of records.
        Schema = "schema",
        /// Data of a known shape.
        Record = "record",
    }
}

impl EntryType {
    /// What `get_knowledge` returns when no type is asked for.
    pub const KNOWLEDGE: &'static [Self] =
        &[Self::Pattern, Self::Context, Self::Preference, Self::Note];

    /// What is searched when no type is asked for.
    pub const ALL_BUT_SUPPRESSIONS: &'static [Self] = &[
        Self::Status,
        Self::Alert,
        Self::Pattern,
        Self::Context,
        Self::Preference,
        Self::Note,
        Self::Intention,
        Self::Schema,
        Self::Record,
    ];

    /// Whether `update_entry` may change such an entry at all.
    ///
    /// Statuses, alerts and suppressions are reported anew instead.
    #[must_use]
    pub const fn is_editable(self) -> bool {
        !matches!(self, Self::Status | Self::Alert | Self::Suppression)
    }
}
