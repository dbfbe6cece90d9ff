//! What tests stand on: a fresh database each, on SQLite and on Postgres.

mod database;
mod postgres;

pub(crate) use database::{Database, Kind};

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

            async fn body($database: $crate::support::Database) $body

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

/// Runs a test body on a fresh, migrated database.
pub(crate) fn run<F: Future<Output = ()>>(kind: Kind, body: impl FnOnce(Database) -> F) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let database = Database::migrated(kind).await;
            let guard = database.guard();
            body(database).await;
            guard.remove().await;
        });
}
