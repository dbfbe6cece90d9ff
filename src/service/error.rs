//! Why the product refuses, told so that a caller can act on it.

use crate::domain::{
    Entry, EntryId, EntryType, Language, MAX_PAGE_SIZE, MOST_KEY_BYTES, SchemaError, Violation,
    Word, from_word, nearest,
};
use crate::store::StoreError;

/// Why a call was refused. Nothing of it is then kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An argument cannot be used.
    #[error("{}", .0.message)]
    Invalid(Box<Invalid>),
    /// What the call is about does not exist for this owner.
    #[error("{message}")]
    NotFound {
        /// The argument that names it.
        param: &'static str,
        /// What it said.
        value: String,
        /// What was looked for.
        message: String,
    },
    /// The entry exists and cannot be changed this way.
    #[error("entries of type {entry_type} cannot be edited: {instead}")]
    Immutable {
        /// What it is.
        entry_type: EntryType,
        /// What to do instead.
        instead: &'static str,
    },
    /// Another active entry holds the same identity.
    #[error("{0}")]
    Taken(Box<Taken>),
    /// Another writer took the same identity at the same moment.
    #[error("someone else wrote the same entry at this moment: nothing was changed, try again")]
    Raced,
    /// A bulk call would touch another number of entries than the caller saw.
    #[error("expected {expected} entries, found {actual}: nothing was changed, look again first")]
    CountChanged {
        /// What the caller expected.
        expected: u64,
        /// What there is.
        actual: u64,
    },
    /// The body is no usable schema.
    #[error("not a usable JSON Schema (draft 2020-12): {0}")]
    InvalidSchema(SchemaError),
    /// The family has that version already.
    #[error("schema {logical_key} exists already: register another version")]
    SchemaExists {
        /// `family:version`.
        logical_key: String,
        /// The schema that has it.
        existing_id: EntryId,
    },
    /// No schema of that family and version, neither the owner's nor a shared one.
    #[error("no schema {family}:{version}: register it first, versions are matched exactly")]
    SchemaNotFound {
        /// The family asked for.
        family: String,
        /// The version asked for.
        version: String,
        /// Where it was looked for.
        searched_owners: [String; 2],
    },
    /// The content does not fit its schema.
    #[error("the content breaks schema {family}:{version} in {total} places")]
    ValidationFailed {
        /// The family.
        family: String,
        /// The version.
        version: String,
        /// The first of them, sorted by path.
        violations: Vec<Violation>,
        /// How many there are.
        total: usize,
    },
    /// The validator could not decide.
    #[error("the content could not be validated: {0}")]
    ValidationError(String),
    /// Active records need the schema.
    #[error("{total} records use this schema: delete them first")]
    SchemaInUse {
        /// The oldest of them, at most ten.
        records: Vec<EntryId>,
        /// How many there are.
        total: u64,
    },
    /// Nothing is set up that could embed texts.
    #[error("no embedding provider is set up: entries are found by their words")]
    NoProvider,
    /// The store cannot serve now; the message names it and the way out.
    #[error("{0}")]
    Unavailable(StoreError),
    /// A fault of ours; its text is for the log only.
    #[error("internal error")]
    Internal(#[source] StoreError),
}

/// What is wrong with an argument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invalid {
    /// What is wrong and what to do.
    pub message: String,
    /// The argument.
    pub param: Option<String>,
    /// What it was.
    pub value: Option<serde_json::Value>,
    /// What it may be, sorted.
    pub valid: Option<Vec<String>>,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// Where to read more.
    pub help_url: Option<&'static str>,
}

/// Who holds an identity that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is taken by entry {existing_id} of type {existing_type}: nothing was changed")]
pub struct Taken {
    /// What is taken, for example "logical key `plan` in source `garden`".
    pub what: String,
    /// The entry that holds it.
    pub existing_id: EntryId,
    /// What that entry is.
    pub existing_type: EntryType,
}

impl Invalid {
    /// Says what is wrong with an argument and shows what it was.
    #[must_use]
    pub fn new(
        param: &str,
        value: impl Into<serde_json::Value>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            param: Some(param.to_owned()),
            value: Some(value.into()),
            message: message.into(),
            ..Self::default()
        }
    }

    /// Says what is wrong where there is no value to show.
    #[must_use]
    pub fn without_value(param: Option<&str>, message: impl Into<String>) -> Self {
        Self {
            param: param.map(str::to_owned),
            message: message.into(),
            ..Self::default()
        }
    }

    /// Refuses a word that is not one of a fixed set, suggesting the nearest.
    #[must_use]
    pub fn word(param: &str, given: &str, words: impl IntoIterator<Item = &'static str>) -> Self {
        let mut valid: Vec<&str> = words.into_iter().collect();
        valid.sort_unstable();
        let suggestion = nearest(given, valid.iter().copied());
        let hint = match suggestion {
            Some(suggestion) => format!("did you mean `{suggestion}`?"),
            None => format!("use one of {}", valid.join(", ")),
        };

        Self {
            valid: Some(valid.iter().map(ToString::to_string).collect()),
            suggestion: suggestion.map(str::to_owned),
            ..Self::new(
                param,
                given,
                format!("`{given}` is not a valid {param}: {hint}"),
            )
        }
    }

    /// Reads one of a fixed set of words, or says which there are.
    ///
    /// # Errors
    ///
    /// [`Invalid`] for any other word.
    pub fn check_word<T: Word>(param: &str, given: &str) -> Result<T, Self> {
        let words = T::ALL.iter().map(|value| value.as_str());

        from_word(given).ok_or_else(|| Self::word(param, given, words))
    }

    /// Refuses an unknown language.
    #[must_use]
    pub fn language(param: &str, given: &str) -> Self {
        let codes = Language::codes();
        let valid = codes.iter().map(ToString::to_string).collect();
        // Any code is near to some other one; only longer words can be meant for another.
        if given.chars().count() > 2 {
            return Self::word(param, given, codes);
        }
        let message = format!(
            "`{given}` is not a valid {param}: use one of {}",
            codes.join(", ")
        );

        Self {
            valid: Some(valid),
            ..Self::new(param, given, message)
        }
    }

    /// Refuses a text that is not a time.
    #[must_use]
    pub fn timestamp(param: &str, given: &str) -> Self {
        Self {
            help_url: Some("https://en.wikipedia.org/wiki/ISO_8601"),
            ..Self::new(
                param,
                given,
                format!("{param} is not an ISO 8601 time, for example 2031-02-03T04:05:06Z"),
            )
        }
    }

    /// Refuses a number outside its bounds.
    #[must_use]
    pub fn out_of_range(param: &str, given: i64, least: i64, most: i64) -> Self {
        Self::new(
            param,
            given,
            format!("{param} must be from {least} to {most}"),
        )
    }

    /// Refuses a text that is too long to find an entry by.
    #[must_use]
    pub fn too_long(param: &str) -> Self {
        Self::without_value(
            Some(param),
            format!("{param} is longer than {MOST_KEY_BYTES} bytes"),
        )
    }

    /// Refuses an entry one of whose keys is too long to find it by.
    ///
    /// # Errors
    ///
    /// [`Invalid`] for the first of them.
    pub fn check_keys(entry: &Entry) -> Result<(), Self> {
        entry
            .too_long()
            .map_or(Ok(()), |param| Err(Self::too_long(param)))
    }

    /// Refuses a page size.
    #[must_use]
    pub fn limit(given: i64) -> Self {
        let most = i64::try_from(MAX_PAGE_SIZE).unwrap_or(i64::MAX);

        Self::out_of_range("limit", given, 0, most)
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(Box::new(invalid))
    }
}

impl From<Taken> for Error {
    fn from(taken: Taken) -> Self {
        Self::Taken(Box::new(taken))
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Raced,
            StoreError::Busy { .. } | StoreError::Unavailable { .. } => Self::Unavailable(error),
            other => Self::Internal(other),
        }
    }
}
