//! What tests stand on: a fresh database each, on SQLite and on Postgres.

mod database;
mod direct;
pub(crate) mod embedder;
pub(crate) mod http;
pub(crate) mod process;
mod reading;
mod session;
mod time;
pub(crate) mod token;

pub(crate) use database::{DEFAULT_OWNER, Database, Kind, Raw};
pub(crate) use direct::Direct;
pub(crate) use reading::{NewerClient, Person, protocol_error};
pub(crate) use session::{Product, Session};

/// Defines one test body that runs on both databases, shown as `name::sqlite` and `name::postgres`.
///
/// ```text
/// both_databases! {
///     async fn an_entry_is_found_again(database: Database) { … }
/// }
/// ```
macro_rules! both_databases {
    ($(async fn $name:ident($database:ident: Database) $body:block)+) => {
        $(mod $name {
            #[allow(unused_imports, reason = "not every body uses what its file imports")]
            use super::*;

            async fn body($database: Database) $body

            #[test]
            fn sqlite() {
                $crate::support::run($crate::support::Kind::Sqlite, body);
            }

            #[test]
            fn postgres() {
                $crate::support::run($crate::support::Kind::Postgres, body);
            }
        })+
    };
}

pub(crate) use both_databases;

/// Like [`both_databases`], for bodies that make their own database at some step of the history and give it back.
macro_rules! run_empty {
    ($(async fn $name:ident($kind:ident: Kind) $body:block)+) => {
        $(mod $name {
            #[allow(unused_imports, reason = "not every body uses what its file imports")]
            use super::*;

            async fn body($kind: Kind) -> Database $body

            #[test]
            fn sqlite() {
                $crate::support::run_on(Kind::Sqlite, body);
            }

            #[test]
            fn postgres() {
                $crate::support::run_on(Kind::Postgres, body);
            }
        })+
    };
}

pub(crate) use run_empty;

/// Runs a test body on a fresh, migrated database.
pub(crate) fn run<F: Future<Output = ()>>(kind: Kind, body: impl FnOnce(Database) -> F) {
    run_on(kind, async |kind| {
        let database = Database::migrated(kind).await;
        body(database.clone()).await;
        database
    });
}

/// Runs a test body, and removes the database it gives back.
pub(crate) fn run_on(kind: Kind, body: impl AsyncFnOnce(Kind) -> Database) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { body(kind).await.guard().remove().await });
}
