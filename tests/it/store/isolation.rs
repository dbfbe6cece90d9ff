//! What one owner has is out of reach of another: by the predicate on both databases, and on Postgres by row-level
//! security behind it.

use awareness::domain::{PageRequest, Tags};
use awareness::store::{Access, EntryFilter, LogFilter, NewReads, Order};

use super::{ann, at, bob, found, note, reading, store_all, writing};
use crate::support::{DEFAULT_OWNER, Database, Kind, both_databases};

const OWNED: [&str; 7] = [
    "entries",
    "reads",
    "actions",
    "embeddings",
    "entry_tags",
    "entry_words",
    "read_counts",
];

both_databases! {
    async fn another_owners_entry_behaves_like_one_that_does_not_exist(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1)]).await;
        let active = EntryFilter::active();

        let transaction = writing(&store, &bob()).await;
        let entries = transaction.entries();
        assert_eq!(entries.find(&"a".into(), &active).await.unwrap(), None);
        assert_eq!(entries.find_for_update(&"a".into()).await.unwrap(), None);
        assert_eq!(entries.count(&active).await.unwrap(), 0);
        assert_eq!(entries.trash(&active, at(1)).await.unwrap(), 0);
        assert_eq!(entries.restore(&["a".into()]).await.unwrap(), 0);
        assert_eq!(entries.statistics(at(1)).await.unwrap().sources, Vec::<String>::new());
        assert!(entries.tags(at(1)).await.unwrap().is_empty());
        assert!(transaction.embeddings().list_missing("m", 9).await.unwrap().is_empty());
        assert!(!entries.update(&note("a", 99)).await.unwrap());
        transaction.commit().await.unwrap();

        assert_eq!(found(&store, &ann(), &active).await, ["a"]);
        store.close().await;
    }

    async fn another_owners_logs_cannot_be_read_or_written(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1)]).await;
        let read = NewReads { entry_ids: vec!["a".into()], timestamp: at(1), platform: None, tool: "search" };
        let transaction = writing(&store, &ann()).await;
        transaction.reads().log(std::slice::from_ref(&read)).await.unwrap();
        transaction.commit().await.unwrap();

        let transaction = writing(&store, &bob()).await;
        transaction.reads().log(&[read]).await.unwrap();
        assert!(transaction.reads().list(&LogFilter::default(), PageRequest::default()).await.unwrap().is_empty());
        assert!(transaction.actions().list(&LogFilter::default(), &Tags::default(), PageRequest::default()).await.unwrap().is_empty());
        transaction.commit().await.unwrap();

        let transaction = reading(&store, &ann()).await;
        assert_eq!(transaction.reads().list(&LogFilter::default(), PageRequest::default()).await.unwrap().len(), 1);
        drop(transaction);
        store.close().await;
    }
}

/// Tests of the second lock, which only Postgres has.
mod row_level_security {
    use super::*;

    async fn with_database(body: impl AsyncFnOnce(Database)) {
        let database = Database::migrated(Kind::Postgres).await;
        body(database.clone()).await;
        database.guard().remove().await;
    }

    #[tokio::test]
    async fn the_tests_run_as_a_role_that_cannot_pass_it() {
        with_database(async |database| {
            let store = database.store().await;
            assert_eq!(store.row_security_bypass().await.unwrap(), None);
            store.close().await;

            let raw = database.connect_plain().await;
            let role = raw.texts("SELECT current_user::text").await;
            assert_eq!(role, ["awareness_app"]);
        })
        .await;
    }

    #[tokio::test]
    async fn without_an_owner_nothing_is_visible_even_without_a_predicate() {
        with_database(async |database| {
            let store = database.store().await;
            store_all(&store, &ann(), [note("a", 1)]).await;
            store.close().await;
            let raw = database.connect_plain().await;

            for table in OWNED {
                assert_eq!(
                    raw.number(&format!("SELECT COUNT(*) FROM {table}")).await,
                    0,
                    "{table}"
                );
            }
            raw.run("BEGIN").await;
            raw.run("SELECT set_config('app.current_user', 'ann', true)")
                .await;
            assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 1);
            raw.run("COMMIT").await;
            assert_eq!(
                raw.number("SELECT COUNT(*) FROM entries").await,
                0,
                "the setting ended with the transaction"
            );
        })
        .await;
    }

    #[tokio::test]
    async fn the_count_changes_when_the_policy_is_relaxed_on_purpose() {
        with_database(async |database| {
            let store = database.store().await;
            store_all(&store, &ann(), [note("a", 1)]).await;
            store.close().await;
            let raw = database.connect_plain().await;
            assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 0);

            raw.run("CREATE POLICY everyone ON entries FOR SELECT USING (true)")
                .await;

            assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_tenant_cannot_write_delete_or_take_over_shared_schemas() {
        with_database(async |database| {
            let raw = database.connect().await;
            raw.run(
                "INSERT INTO entries (id, type, source, created, owner_id) VALUES
                 ('shared', 'schema', 's', '2031-01-01T00:00:00+00:00', '_system'),
                 ('secret', 'note', 's', '2031-01-01T00:00:00+00:00', '_system')",
            )
            .await;
            let tenant = database.connect_plain().await;
            tenant
                .run("SELECT set_config('app.current_user', 'ann', false)")
                .await;

            assert_eq!(tenant.texts("SELECT id FROM entries").await, ["shared"]);
            tenant.run("DELETE FROM entries").await;
            tenant.run("UPDATE entries SET owner_id = 'ann'").await;
            let insert = "INSERT INTO entries (id, type, source, created, owner_id)
                          VALUES ('x', 'schema', 's', '2031-01-01T00:00:00+00:00', '_system')";
            assert!(tenant.try_run(insert).await.is_err());
            assert_eq!(
                raw.number("SELECT COUNT(*) FROM entries WHERE owner_id = '_system'")
                    .await,
                2
            );
        })
        .await;
    }

    #[tokio::test]
    async fn the_system_transaction_sees_every_owner_and_leaves_no_trace() {
        with_database(async |database| {
            let store = database.store().await;
            store_all(&store, &ann(), [note("a", 1)]).await;
            let transaction = store.begin_system(Access::Write).await.unwrap();
            transaction
                .maintenance()
                .purge_trash(at(1), 10)
                .await
                .unwrap();
            transaction.commit().await.unwrap();

            // The same pooled connection serves the next owner and sees nothing of the last.
            let transaction = reading(&store, &bob()).await;
            let page = PageRequest::default();
            let list = transaction
                .entries()
                .list(&EntryFilter::active(), Order::Touched, page)
                .await
                .unwrap();
            drop(transaction);
            assert!(list.is_empty());
            store.close().await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_superuser_is_warned_about() {
        with_database(async |database| {
            let store = database.superuser_store().await;

            let warning = store.row_security_bypass().await.unwrap().unwrap();

            assert!(warning.contains("postgres"), "{warning}");
            assert_ne!(DEFAULT_OWNER, "postgres");
            store.close().await;
        })
        .await;
    }
}
