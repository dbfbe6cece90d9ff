//! An entry as search sees it.

use super::{EntryId, EntryType, Language, Tags, Timestamp};

/// An entry, as far as search filters and orders by it.
#[derive(Clone, Debug)]
pub struct Document {
    /// Names the entry.
    pub id: EntryId,
    /// What it is.
    pub entry_type: EntryType,
    /// What it is about.
    pub source: String,
    /// Its labels.
    pub tags: Tags,
    /// How it was analysed.
    pub language: Language,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last touched.
    pub touched: Timestamp,
    /// When it stops being shown.
    pub expires: Option<Timestamp>,
    /// How many words it has, weighted.
    pub length: u32,
}
