//! Stores that cannot serve: the error names the store and the way out, and never a password.

use awareness::store::{Fault, Store, StoreError};
use migration::DatabaseUrl;

use super::{ann, note, store_all};
use crate::support::{Database, Kind};

fn shown(error: &StoreError) -> String {
    error.to_string()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_and_its_password_stays_hidden() {
    let url =
        DatabaseUrl::parse("postgres://ann:s3cret@127.0.0.1:1/memory?connect_timeout=1").unwrap();

    let error = Store::open(&url).await.unwrap_err();

    assert!(
        shown(&error).contains("postgres://ann@127.0.0.1:1/memory"),
        "{error}"
    );
    assert!(!format!("{error:?} {error}").contains("s3cret"));
    assert!(
        matches!(
            error,
            StoreError::Unavailable {
                fault: Fault::Unreachable,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_sqlite_file_that_is_not_there_is_not_made() {
    let database = Database::empty(Kind::Sqlite).await;

    let error = database.try_store().await.unwrap_err();

    assert!(
        matches!(
            error,
            StoreError::Unavailable {
                fault: Fault::Unreachable,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!database.parsed_url().sqlite_path().unwrap().exists());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_as_damaged() {
    let database = Database::empty(Kind::Sqlite).await;
    std::fs::write(
        database.parsed_url().sqlite_path().unwrap(),
        "not a database, whatever its name says".repeat(50),
    )
    .unwrap();

    let error = database.try_store().await.unwrap_err();

    assert!(
        matches!(
            error,
            StoreError::Unavailable {
                fault: Fault::Damaged,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_writer_that_holds_the_file_is_waited_for() {
    let database = Database::migrated(Kind::Sqlite).await;
    let store = database.store().await;
    let raw = database.connect().await;
    raw.run("BEGIN IMMEDIATE").await;
    let writing = tokio::spawn({
        let store = store.clone();
        async move { store_all(&store, &ann(), [note("late", 1)]).await }
    });

    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!writing.is_finished());
    raw.run("COMMIT").await;

    writing.await.unwrap();
    store.close().await;
}
