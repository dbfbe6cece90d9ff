//! Which documents of an index are meant.

use crate::domain::{EntryType, Language, Tags, Timestamp};

/// A set of documents; all that is named must hold.
#[derive(Clone, Debug, Default)]
pub struct DocumentFilter {
    /// Of one of these types; none named means any.
    pub types: Vec<EntryType>,
    /// About this, exactly.
    pub source: Option<String>,
    /// With all of these tags.
    pub tags: Tags,
    /// Touched then or later.
    pub since: Option<Timestamp>,
    /// Touched then or earlier.
    pub until: Option<Timestamp>,
    /// Created then or later.
    pub created_since: Option<Timestamp>,
    /// Created then or earlier.
    pub created_until: Option<Timestamp>,
    /// In this language.
    pub language: Option<Language>,
    /// Not expired by then.
    pub current_at: Option<Timestamp>,
}
