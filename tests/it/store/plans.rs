//! Lists, tags and statistics walk an index and never a whole table.

use awareness::domain::{PageRequest, Tags};
use awareness::store::{EntryFilter, Order};

use super::{ann, at, note, reading, store_all, tagged};
use crate::support::{Database, Kind, Raw};

#[tokio::test]
async fn sqlite_reads_tags_and_statistics_from_indexes() {
    let database = Database::migrated(Kind::Sqlite).await;
    let store = database.store().await;
    store_all(
        &store,
        &ann(),
        (0..50).map(|number| tagged(note(&format!("n{number}"), number), &["t"])),
    )
    .await;
    store.close().await;
    let raw = database.connect().await;

    for (query, index) in [
        (
            r#"SELECT "entries"."id" FROM "entries"
               INNER JOIN "entry_tags" ON "entries"."id" = "entry_tags"."entry_id"
               WHERE "entries"."owner_id" = 'ann' AND "entry_tags"."owner_id" = 'ann' AND "entry_tags"."tag" = 't'
                   AND "entry_tags"."deleted" IS NULL AND "entries"."deleted" IS NULL
                   AND "entries"."type" IN ('note', 'pattern')
               ORDER BY "entry_tags"."touched" DESC, "entry_tags"."entry_id" DESC LIMIT 10"#,
            "idx_entry_tags_active",
        ),
        (
            r#"SELECT "entries"."id" FROM "entries"
               WHERE "entries"."owner_id" = 'ann' AND "entries"."deleted" IS NULL
               ORDER BY COALESCE("entries"."updated", "entries"."created") DESC, "entries"."id" DESC LIMIT 10"#,
            "idx_entries_owner_recent",
        ),
        (
            r#"SELECT "entries"."id" FROM "entries"
               WHERE "entries"."owner_id" = 'ann' AND "entries"."deleted" IS NULL AND "entries"."source" = 'garden'
               ORDER BY COALESCE("entries"."updated", "entries"."created") DESC, "entries"."id" DESC LIMIT 10"#,
            "idx_entries_owner_source",
        ),
        (
            r#"SELECT "entries"."type", COUNT("entries"."type") FROM "entries"
               WHERE "entries"."owner_id" = 'ann' AND "entries"."deleted" IS NULL GROUP BY "entries"."type""#,
            "COVERING INDEX idx_entries_owner_type",
        ),
        (
            r#"SELECT "entry_tags"."tag", COUNT("entry_tags"."tag") FROM "entry_tags"
               WHERE "entry_tags"."owner_id" = 'ann' AND "entry_tags"."deleted" IS NULL GROUP BY "entry_tags"."tag""#,
            "COVERING INDEX idx_entry_tags_active",
        ),
    ] {
        let plan: Vec<String> = raw
            .rows(&format!("EXPLAIN QUERY PLAN {query}"))
            .await
            .iter()
            .map(|row| row.try_get("", "detail").unwrap())
            .collect();
        let plan = plan.join("; ");
        assert!(plan.contains(index), "{plan}");
        assert!(!plan.contains("TEMP B-TREE FOR ORDER BY"), "sorted: {plan}");
    }
}

/// Postgres counts how it read each table and index. It reads a small table whole once it knows how small it is, so it
/// must not come to know it in the middle.
#[tokio::test]
async fn postgres_reads_tags_and_statistics_from_indexes() {
    let database = Database::migrated(Kind::Postgres).await;
    let raw = database.connect().await;
    for table in ["entries", "entry_tags"] {
        raw.run(&format!(
            "ALTER TABLE {table} SET (autovacuum_enabled = false)"
        ))
        .await;
    }
    let store = database.store().await;
    store_all(
        &store,
        &ann(),
        (0..300).map(|number| tagged(note(&format!("n{number}"), number), &["t"])),
    )
    .await;
    store.close().await;
    until_counted(&raw).await;
    let whole_tables = "SELECT SUM(seq_scan)::bigint FROM pg_stat_user_tables WHERE relname IN ('entries', 'entry_tags')";
    let rows_by_tag = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'idx_entry_tags_active'";
    let (tables_before, rows_before) = (
        raw.number(whole_tables).await,
        raw.number(rows_by_tag).await,
    );

    let store = database.store().await;
    let transaction = reading(&store, &ann()).await;
    let page = PageRequest::first(10);
    let filter = EntryFilter::active().tagged(&Tags::new(["t"]));
    let found = transaction
        .entries()
        .list(&filter, Order::Touched, page)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    store.close().await;
    until_counted(&raw).await;
    assert_eq!(found.len(), 11);
    assert_eq!(raw.number(rows_by_tag).await - rows_before, 11);

    let store = database.store().await;
    let transaction = reading(&store, &ann()).await;
    transaction.entries().statistics(at(1)).await.unwrap();
    transaction.entries().tags(at(1)).await.unwrap();
    transaction.commit().await.unwrap();
    store.close().await;
    until_counted(&raw).await;
    assert_eq!(
        raw.number(whole_tables).await,
        tables_before,
        "a whole table was read"
    );
    drop(raw);
    database.guard().remove().await;
}

/// A connection tells what it read when it ends, which is some time after its client has closed it: waits until no other
/// is left.
async fn until_counted(raw: &Raw) {
    let others = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while raw.number(others).await > 0 {
        tokio::task::yield_now().await;
    }
}
