//! What can go wrong below the service. "Not found" is not among it: look-ups return `Option`.

use sea_orm::DbErr;

use super::dialect;

/// A statement that failed, told apart as far as a caller can act on it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row with the same identity exists; the transaction can only be undone.
    #[error("a row with the same identity exists")]
    Conflict,
    /// Another writer held the store for too long, or no connection came free.
    #[error(
        "the store {location} did not answer in time: it is busy or cannot be reached; try again"
    )]
    Busy {
        /// Where the store is.
        location: String,
    },
    /// The store cannot serve at all.
    #[error("the store {location} {fault}")]
    Unavailable {
        /// Where the store is.
        location: String,
        /// What is the matter with it.
        fault: Fault,
        /// What the database said; for the log only.
        #[source]
        source: Box<DbErr>,
    },
    /// A row does not hold what every row must.
    #[error("a row of `{table}` is damaged: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong with it; names no content.
        reason: String,
    },
    /// Anything else the database refused.
    #[error("the database refused a statement")]
    Database(#[source] Box<DbErr>),
}

/// Why a store cannot serve, each with the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file or the server does not allow writing.
    #[error("is read-only: give the server's user write access to it and its directory")]
    ReadOnly,
    /// No space left.
    #[error("is full: free some disk space")]
    Full,
    /// The disk below the file fails.
    #[error("cannot be read or written: check the disk it is on")]
    Disk,
    /// The file is not there or the server does not answer.
    #[error("cannot be reached: check that it exists and is running, and the database setting")]
    Unreachable,
    /// The user or password is wrong.
    #[error("refuses the user or password: check the database setting")]
    Refused,
    /// The file is damaged or no database.
    #[error("is damaged or not a database: restore a backup, which lies beside it")]
    Damaged,
}

impl StoreError {
    pub(super) fn from_database(error: DbErr, location: &str) -> Self {
        if matches!(
            error.sql_err(),
            Some(sea_orm::SqlErr::UniqueConstraintViolation(_))
        ) {
            return Self::Conflict;
        }

        let location = || location.to_owned();
        match dialect::condition_of(&error) {
            dialect::Condition::Busy => Self::Busy {
                location: location(),
            },
            dialect::Condition::Faulty(fault) => Self::Unavailable {
                location: location(),
                fault,
                source: Box::new(error),
            },
            dialect::Condition::Other => Self::Database(Box::new(error)),
        }
    }

    pub(super) fn corrupt(table: &'static str, reason: impl Into<String>) -> Self {
        Self::Corrupt {
            table,
            reason: reason.into(),
        }
    }
}
