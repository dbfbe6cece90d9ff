//! The runner: one at a time, all or nothing, a copy first, and no newer schema.

use awareness::store::Store;
use migration::{Direction, MigrateError};

use super::{BEFORE_OWNERS, fill_before_owners};
use crate::support::{Database, Kind, both_databases, run_empty};

both_databases! {
    async fn a_migrated_database_has_nothing_pending(database: Database) {
        let status = database.runner().status().await.unwrap();
        let report = database.migrate(Direction::Up, None).await.unwrap();

        assert_eq!(status.pending().0, 0);
        assert!(report.steps.is_empty());
        assert!(status.version().unwrap().starts_with("m2026"));
    }

    async fn a_schema_newer_than_the_binary_is_refused_and_left_alone(database: Database) {
        let raw = database.connect().await;
        raw.run("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_future', 0)").await;

        for outcome in [
            database.migrate(Direction::Up, None).await,
            database.migrate(Direction::Down, None).await,
        ] {
            let error = outcome.unwrap_err();
            assert!(matches!(error, MigrateError::Newer { .. }), "{error}");
            assert!(error.to_string().contains("m29990101_000001_future"), "{error}");
        }
    }

    async fn fresh_drops_every_row_of_ours_and_nothing_else(database: Database) {
        let raw = database.connect().await;
        raw.run("CREATE TABLE theirs (id INTEGER)").await;
        raw.run("INSERT INTO entries (id, type, source, created) VALUES ('x', 'note', 's', '2031-01-01T00:00:00+00:00')")
            .await;

        let report = database.runner().fresh().await.unwrap();

        assert_eq!(report.steps.len(), Database::steps());
        assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 0);
        assert_eq!(raw.number("SELECT COUNT(*) FROM theirs").await, 0);
    }
}

run_empty! {
    async fn two_migrators_started_together_both_succeed_and_each_step_runs_once(kind: Kind) {
        let database = Database::empty(kind).await;
        let (one, two) = (database.runner(), database.runner());

        let (one, two) = tokio::join!(
            tokio::spawn(async move { one.run(Direction::Up, None).await }),
            tokio::spawn(async move { two.run(Direction::Up, None).await }),
        );

        let (one, two) = (one.unwrap().unwrap(), two.unwrap().unwrap());
        assert_eq!(one.steps.len() + two.steps.len(), Database::steps());
        let raw = database.connect().await;
        assert_eq!(raw.texts("SELECT version FROM seaql_migrations").await.len(), Database::steps());
        database
    }

    async fn a_step_that_fails_leaves_the_database_as_it_was(kind: Kind) {
        let database = Database::empty(kind).await;
        database.migrate(Direction::Up, Some(3)).await.unwrap();
        let raw = database.connect().await;
        raw.run(
            "INSERT INTO entries (id, type, source, created, updated, logical_key) VALUES
             ('a', 'note', 's', '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00', 'k'),
             ('b', 'note', 's', '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00', 'k')",
        )
        .await;

        let error = database.migrate(Direction::Up, None).await.unwrap_err();

        assert!(error.to_string().contains("s: k"), "names what is in the way: {error}");
        assert_eq!(database.runner().status().await.unwrap().pending().0, Database::steps() - 3);
        assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 2);
        database
    }

    async fn reading_the_status_changes_nothing(kind: Kind) {
        let database = Database::empty(kind).await;

        let status = database.runner().status().await.unwrap();

        assert_eq!(status.version(), None);
        assert_eq!(status.pending().0, Database::steps());
        if let Some(path) = database.parsed_url().sqlite_path() {
            assert!(!path.exists(), "no file was made");
        }
        database
    }
}

#[tokio::test]
async fn a_sqlite_file_with_rows_is_copied_before_it_is_migrated() {
    let database = Database::empty(Kind::Sqlite).await;
    let empty = database
        .migrate(Direction::Up, Some(BEFORE_OWNERS))
        .await
        .unwrap();
    fill_before_owners(&database.connect().await).await;

    let report = database.migrate(Direction::Up, None).await.unwrap();

    assert_eq!(empty.backup, None, "an empty file needs no copy");
    let backup = report.backup.unwrap();
    assert_eq!(
        backup.parent(),
        database.parsed_url().sqlite_path().unwrap().parent()
    );
    let copy = Database::at(&backup);
    let raw = copy.connect().await;
    assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 13);
    assert_eq!(raw.number("SELECT COUNT(*) FROM seaql_migrations").await, 4);
    assert_eq!(
        raw.number("SELECT COUNT(*) FROM pragma_table_info('entries') WHERE name = 'owner_id'")
            .await,
        0
    );
}

#[tokio::test]
async fn a_path_whose_directory_is_missing_is_an_error_and_makes_nothing() {
    let database = Database::empty(Kind::Sqlite).await;
    let path = database.home().join("no/such/directory/memory.db");
    let mistyped = Database::at(&path);

    let error = mistyped.migrate(Direction::Up, None).await.unwrap_err();

    assert!(
        matches!(error, MigrateError::MissingDirectory(_)),
        "{error}"
    );
    assert!(!database.home().join("no").exists());
    assert!(Store::open(&mistyped.parsed_url()).await.is_err());
}
