//! Ids of entries, and where new ones come from.

use std::fmt;

use uuid::{NoContext, Uuid};

use super::Timestamp;

/// Names an entry. New ones are UUID version 7 text; adopted and seeded ones may be any text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(String);

impl EntryId {
    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives up the text of the id.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<T: Into<String>> From<T> for EntryId {
    fn from(id: T) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Makes ids. An argument, so that tests can seed it.
pub trait Ids: Send + Sync {
    /// An id no entry has yet, made at `now`.
    fn next(&self, now: Timestamp) -> EntryId;
}

/// UUID version 7: the time first, so that inserts stay sorted, and random bits behind it (RFC 9562, section 5.7).
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self, now: Timestamp) -> EntryId {
        let (seconds, nanoseconds) = now.unix();
        let timestamp = uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds);

        EntryId(Uuid::new_v7(timestamp).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let early = Timestamp::parse("2031-02-03T04:05:06").unwrap();
        let late = Timestamp::parse("2031-02-03T04:05:07").unwrap();

        assert!(RandomIds.next(early) < RandomIds.next(late));
        assert_ne!(RandomIds.next(early), RandomIds.next(early));
    }
}
