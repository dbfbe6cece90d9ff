//! How long the texts may be that entries are found by.
//!
//! They stand in indexes, and Postgres takes no more than 2704 bytes of one row into an index: owner, source, a logical key
//! made of a family and a version, and an id have to fit together. SQLite has no such limit and keeps to the same.

use super::{Entry, EntryType, Tags};

/// The most bytes of a source, a tag, a logical key, a related id, an alert's id, and of the parts of the names of schemas
/// and preferences.
pub const MOST_KEY_BYTES: usize = 512;

impl Entry {
    /// Names the argument that is too long to find the entry by, if one is.
    #[must_use]
    pub fn too_long(&self) -> Option<&'static str> {
        let (source, parts): (_, &[&'static str]) = match self.entry_type {
            EntryType::Preference => ("scope", &["key"]),
            EntryType::Alert => ("source", &["alert_id"]),
            EntryType::Schema => ("source", &["family", "version"]),
            EntryType::Record => ("source", &["schema_ref", "schema_version"]),
            _ => ("source", &[]),
        };
        let mut parts = parts
            .iter()
            .copied()
            .filter(|part| self.text(part).is_some_and(is_too_long));
        // A schema's is made of its family and version.
        let key = self
            .logical_key
            .as_deref()
            .filter(|_| self.entry_type != EntryType::Schema);
        let related = self.data.get("related_ids").cloned().map(Tags::from_stored);

        is_too_long(&self.source)
            .then_some(source)
            .or_else(|| self.tags.is_too_long().then_some("tags"))
            .or_else(|| key.is_some_and(is_too_long).then_some("logical_key"))
            .or_else(|| {
                related
                    .is_some_and(|ids| ids.is_too_long())
                    .then_some("related_ids")
            })
            .or_else(|| parts.next())
    }
}

impl Tags {
    /// Whether one of them is too long to find an entry by.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.as_slice().iter().any(|tag| is_too_long(tag))
    }
}

/// Whether a text is too long to find an entry by.
#[must_use]
pub fn is_too_long(text: &str) -> bool {
    text.len() > MOST_KEY_BYTES
}
