//! Many at once: writers of one thing, readers beside writers, and callers who go away.

use std::time::Duration;

use awareness::store::{Access, EntryFilter, Identity, StoreError};
use migration::DatabaseUrl;

use super::{ann, at, found, note, store_all};
use crate::support::{Database, Kind, both_databases};

both_databases! {
    async fn ten_writers_of_one_key_make_one_entry(database: Database) {
        let store = database.store().await;
        let tasks: Vec<_> = (0..10)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut entry = note(&format!("n{number}"), number);
                    entry.logical_key = Some("k".to_owned());
                    let identity = Identity::of(&entry).pop().unwrap();
                    let transaction = store.begin(&ann(), Access::Write).await?;
                    let held = transaction.entries().insert_or_find(&entry, &identity).await?;
                    transaction.commit().await?;
                    Ok::<_, StoreError>(held.is_none())
                })
            })
            .collect();

        let mut created = 0;
        for task in tasks {
            created += u32::from(task.await.unwrap().unwrap());
        }

        assert_eq!(created, 1);
        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await.len(), 1);
        store.close().await;
    }

    async fn readers_and_writers_do_not_fail_each_other(database: Database) {
        let store = database.store().await;
        let mut tasks = Vec::new();
        for number in 0..20 {
            let (writer, reader) = (store.clone(), store.clone());
            tasks.push(tokio::spawn(async move {
                store_all(&writer, &ann(), [note(&format!("n{number}"), number)]).await;
            }));
            tasks.push(tokio::spawn(async move {
                found_any(&reader).await;
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }

        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await.len(), 20);
        store.close().await;
    }

    async fn ten_updates_of_one_entry_lose_nothing(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1)]).await;
        let tasks: Vec<_> = (0..10)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let transaction = store.begin(&ann(), Access::Write).await.unwrap();
                    let mut entry = transaction.entries().find_for_update(&"a".into()).await.unwrap().unwrap();
                    entry.data.insert(format!("k{number}"), number.into());
                    transaction.entries().update(&entry).await.unwrap();
                    transaction.commit().await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }

        let transaction = store.begin(&ann(), Access::Read).await.unwrap();
        let entry = transaction.entries().find(&"a".into(), &EntryFilter::active()).await.unwrap().unwrap();
        drop(transaction);
        assert_eq!(entry.data.len(), 11);
        store.close().await;
    }

    async fn a_transaction_that_is_dropped_is_undone_and_the_pool_lives_on(database: Database) {
        let store = database.store().await;
        for number in 0..30 {
            let transaction = store.begin(&ann(), Access::Write).await.unwrap();
            transaction.entries().insert(&note(&format!("n{number}"), 1)).await.unwrap();
            drop(transaction);
        }

        store_all(&store, &ann(), [note("kept", 1)]).await;

        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await, ["kept"]);
        store.close().await;
    }

    async fn a_caller_that_goes_away_while_a_transaction_begins_leaves_no_open_one_behind(database: Database) {
        let store = database.store().await;
        let owner = ann();
        for delay in (0..60).map(|step| Duration::from_micros(step * 20)) {
            let begin = store.begin(&owner, Access::Write);
            // Whether it began in time or not does not matter; that it may be cut off at any point does.
            let _ = tokio::time::timeout(delay, begin).await;
        }

        store_all(&store, &ann(), [note("kept", 1)]).await;
        let other = database.store().await;
        assert_eq!(found(&other, &ann(), &EntryFilter::active()).await, ["kept"], "it was really committed");
        other.close().await;
        store.close().await;
    }

    async fn writers_who_share_a_commit_share_nothing_else(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("taken", 0)]).await;
        let tasks: Vec<_> = (0..90)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let transaction = store.begin(&ann(), Access::Write).await.unwrap();
                    transaction.entries().insert(&note(&format!("n{number}"), number)).await.unwrap();
                    match number % 3 {
                        0 => transaction.commit().await.unwrap(),
                        1 => drop(transaction),
                        _ => {
                            let refused = transaction.entries().insert(&note("taken", number)).await;
                            assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }

        let mut kept = found(&store, &ann(), &EntryFilter::active()).await;
        kept.sort();
        let mut expected: Vec<_> = (0..90).step_by(3).map(|number| format!("n{number}")).collect();
        expected.push("taken".to_owned());
        expected.sort();
        assert_eq!(kept, expected);
        store.close().await;
    }

    async fn a_writer_that_goes_away_while_it_commits_holds_up_nobody(database: Database) {
        let store = database.store().await;
        for delay in (0..40).map(|step| Duration::from_micros(step * 25)) {
            let (owner, id) = (ann(), format!("{delay:?}"));
            let writing = store_all(&store, &owner, [note(&id, 1)]);
            // Whether it was written or not does not matter; that nobody waits for it afterwards does.
            let _ = tokio::time::timeout(delay, writing).await;
        }

        tokio::time::timeout(Duration::from_secs(10), store_all(&store, &ann(), [note("kept", 2)])).await.unwrap();

        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await[0], "kept");
        store.close().await;
    }

    async fn a_statement_that_fails_does_not_poison_the_pool(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1)]).await;
        for _ in 0..15 {
            let transaction = store.begin(&ann(), Access::Write).await.unwrap();
            assert!(transaction.entries().insert(&note("a", 1)).await.is_err());
        }

        store_all(&store, &ann(), [note("b", 2)]).await;

        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await, ["b", "a"]);
        store.close().await;
    }
}

async fn found_any(store: &awareness::store::Store) {
    let transaction = store.begin(&ann(), Access::Read).await.unwrap();
    transaction
        .entries()
        .count(&EntryFilter::active().touched_since(at(0)))
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn every_connection_to_a_sqlite_file_has_its_settings() {
    let database = Database::migrated(Kind::Sqlite).await;
    let raw = database.connect().await;
    raw.run("INSERT INTO entries (id, type, source, created) VALUES ('x', 'note', 's', '2031-01-01T00:00:00+00:00')").await;
    raw.run("INSERT INTO reads (entry_id, timestamp) VALUES ('x', '2031-01-01T00:00:00+00:00')")
        .await;
    let store = database.store().await;
    assert!(matches!(database.parsed_url(), DatabaseUrl::Sqlite(_)));

    let transaction = store
        .begin(
            &awareness::domain::Owner::new("ann").unwrap(),
            Access::Write,
        )
        .await
        .unwrap();
    transaction.entries().clear().await.unwrap();
    transaction.commit().await.unwrap();

    assert_eq!(
        raw.number("SELECT COUNT(*) FROM reads").await,
        0,
        "foreign keys are on where the store writes"
    );
    assert_eq!(raw.texts("PRAGMA journal_mode").await, ["wal"]);
    store.close().await;
}
