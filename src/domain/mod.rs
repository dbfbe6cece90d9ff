//! Values and rules that need nothing but themselves: no I/O, no SQL, no JSON-RPC.
//!
//! Ids, owners, tags and languages are made in one checked place each, so that the floors above hold only valid ones.

mod alert;
mod analysis;
mod bounds;
pub mod briefing;
mod changelog;
mod clock;
mod condition;
mod content;
mod detection;
mod document;
mod embedded_text;
mod entry;
mod entry_type;
mod id;
mod intention;
mod language;
mod owner;
mod page;
mod record_schema;
mod suggestion;
mod tags;
mod timestamp;

pub use alert::{AlertType, Level};
pub use analysis::{ANALYSIS, EntryTerms, Phrase, QueryWord, QueryWords};
pub use bounds::{MOST_KEY_BYTES, is_too_long};
pub use changelog::{CHANGELOG, Changes};
pub use clock::{Clock, SystemClock};
pub use condition::{Condition, ConditionError};
pub use content::content_text;
pub use detection::{Detection, Unmapped, detect, detect_entry, telling_text};
pub use document::Document;
pub use embedded_text::{embedded_text, text_hash};
pub use entry::{Data, Entry, EntrySummary, ORIGINAL_EXPIRES, SummaryDetail};
pub use entry_type::EntryType;
pub use id::{EntryId, Ids, RandomIds};
pub use intention::{IntentionState, StateChange, Urgency};
pub use language::Language;
pub use owner::{Owner, OwnerError};
pub use page::{Costed, MAX_PAGE_SIZE, Page, PageRequest};
pub use record_schema::{RecordSchema, SchemaError, Violation, Violations};
pub use suggestion::nearest;
pub use tags::Tags;
pub use timestamp::{Timestamp, TimestampError};

/// A value that is sent and stored as one of a fixed set of words.
pub trait Word: Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];

    /// The word.
    fn as_str(self) -> &'static str;
}

/// Reads a word, exactly and case-sensitively.
#[must_use]
pub fn from_word<T: Word>(word: &str) -> Option<T> {
    T::ALL.iter().copied().find(|value| value.as_str() == word)
}

/// Defines an enum whose values are sent and stored as fixed words.
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* $variant),+
        }

        impl $name {
            /// The word it is sent and stored as.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl $crate::domain::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use word_enum;
