//! The complete, closed list of what SQLite and Postgres do differently.
//!
//! Nothing portable belongs here. The two variants are named in this folder, in connection set-up and in the migrations
//! only.

mod bulk;
mod change_marks;
mod condition;
mod connections;
mod feed;
mod json;
mod nearest;
mod open;
mod open_file;
mod trash;
mod writers;

use std::time::Duration;

pub(super) use condition::{Condition, condition_of};
pub(super) use connections::Connections;
pub(super) use json::{json_part, json_text, json_value};
pub(super) use nearest::{NearestIndex, nearest_value, text_of as vector_text};
pub(super) use open::Open;
pub(super) use open_file::OpenFile;

/// Which database a store is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// Whose rows a transaction sees.
pub(super) enum Visibility {
    /// One owner's.
    Owner(String),
    /// Every owner's.
    Everyone,
}

/// How long SQLite itself waits for a writer in its way before it says so.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
