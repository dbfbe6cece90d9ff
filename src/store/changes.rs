//! Word of changes: what an owner watches has changed, on this node or another.
//!
//! A change names no owner and no source but their hashes: on Postgres it crosses a channel on which any role of the server
//! may listen. It says that something changed and never what to.

use sha2::{Digest, Sha256};
use tokio::sync::broadcast;

use crate::domain::{Entry, EntryType, Owner, from_word};

/// A name that can be compared and not read: the first 64 bits of its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NameHash(u64);

impl NameHash {
    /// Hashes a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        let first = digest.first_chunk().copied().unwrap_or_default();

        Self(u64::from_be_bytes(first))
    }

    fn parse(hex: &str) -> Option<Self> {
        u64::from_str_radix(hex, 16).ok().map(Self)
    }
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// An entry of a type, of a source.
    Entry(EntryType, NameHash),
    /// A prompt of the owner's own.
    Prompts,
    /// Nobody can say any more: anything may have.
    Anything,
}

/// A change and whose it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub(super) owner: NameHash,
    pub(super) change: Change,
}

/// Changes that wait, at most, for one slow listener; beyond that it is told that anything may have changed.
pub(super) const QUEUE: usize = 1024;

/// The changes of one owner, from the moment it was made.
pub struct Changes {
    receiver: broadcast::Receiver<Option<Message>>,
    owner: NameHash,
}

/// The source whose entries are prompts.
const PROMPT_SOURCE: &str = "custom-prompt";

/// The word for a prompt among types.
const PROMPT: &str = "prompt";

impl Changes {
    pub(super) fn new(receiver: broadcast::Receiver<Option<Message>>, owner: &Owner) -> Self {
        Self {
            receiver,
            owner: NameHash::of(owner.as_str()),
        }
    }

    /// Waits for the next change; `None` once the store is closed.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            match self.receiver.recv().await {
                Ok(Some(message)) if message.owner == self.owner => return Some(message.change),
                Ok(Some(_)) => {}
                Ok(None) | Err(broadcast::error::RecvError::Lagged(_)) => {
                    return Some(Change::Anything);
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Message {
    /// Word of an entry that was written, if anyone could watch it.
    pub(super) fn of(owner: &Owner, entry: &Entry) -> Option<Self> {
        let change = if entry.source == PROMPT_SOURCE {
            Change::Prompts
        } else if is_watched(entry.entry_type) {
            Change::Entry(entry.entry_type, NameHash::of(&entry.source))
        } else {
            return None;
        };

        Some(Self {
            owner: NameHash::of(owner.as_str()),
            change,
        })
    }

    pub(super) fn anything(owner: &Owner) -> Self {
        Self {
            owner: NameHash::of(owner.as_str()),
            change: Change::Anything,
        }
    }

    /// Reads what the database sends.
    pub(super) fn parse(payload: &str) -> Option<Self> {
        let mut parts = payload.split(':');
        let (owner, kind, source) = (parts.next()?, parts.next()?, parts.next()?);
        let change = match kind {
            PROMPT => Change::Prompts,
            kind => Change::Entry(from_word(kind)?, NameHash::parse(source)?),
        };

        Some(Self {
            owner: NameHash::parse(owner)?,
            change,
        })
    }
}

fn is_watched(entry_type: EntryType) -> bool {
    matches!(
        entry_type,
        EntryType::Status
            | EntryType::Alert
            | EntryType::Suppression
            | EntryType::Pattern
            | EntryType::Intention
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Word;

    #[test]
    fn a_message_of_the_database_is_read_and_another_is_not() {
        let hash = |name| format!("{:016x}", NameHash::of(name).0);
        let payload = format!("{}:alert:{}", hash("ann"), hash("boiler"));

        let message = Message::parse(&payload).unwrap();
        assert_eq!(message.owner, NameHash::of("ann"));
        assert_eq!(
            message.change,
            Change::Entry(EntryType::Alert, NameHash::of("boiler"))
        );
        for other in ["", "x", "1:poem:2", "x:alert:1"] {
            assert!(Message::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn every_type_that_is_told_has_its_word() {
        for entry_type in EntryType::ALL.iter().filter(|one| is_watched(**one)) {
            let payload = format!("1:{entry_type}:2");
            assert!(Message::parse(&payload).is_some(), "{payload}");
        }
    }
}
