//! Makes a logical key unique within its source, among entries that are not in the trash.

use sea_orm_migration::prelude::*;

use crate::sql;

pub(crate) struct LogicalKey;

crate::step::step!(
    LogicalKey,
    "m20260119_000004_logical_key",
    adds "the unique index of logical keys",
    down drops "the unique index of logical keys; no row"
);

/// The index before entries had owners; the owner step replaces it, and brings it back on its way down.
pub(crate) const WITHOUT_OWNER: &str = r"
    CREATE UNIQUE INDEX IF NOT EXISTS idx_entries_source_logical_key
    ON entries (source, logical_key)
    WHERE logical_key IS NOT NULL AND deleted IS NULL";

#[async_trait::async_trait]
impl MigrationTrait for LogicalKey {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        refuse_shared_keys(manager, "two active entries share a logical key").await?;

        sql::run(manager, &[WITHOUT_OWNER]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["DROP INDEX idx_entries_source_logical_key"]).await
    }
}

/// Refuses, naming the keys, when the index without owner could not be built.
pub(crate) async fn refuse_shared_keys(
    manager: &SchemaManager<'_>,
    what: &str,
) -> Result<(), DbErr> {
    let shared = sql::text_rows(
        manager,
        r"
        SELECT source, logical_key
        FROM entries
        WHERE logical_key IS NOT NULL AND deleted IS NULL
        GROUP BY source, logical_key
        HAVING COUNT(*) > 1
        ORDER BY source, logical_key
        LIMIT 20",
        &["source", "logical_key"],
    )
    .await?;
    if shared.is_empty() {
        return Ok(());
    }

    let keys: Vec<String> = shared.iter().map(|row| row.join(": ")).collect();
    Err(DbErr::Migration(format!(
        "{what}, so the step was not taken; rename or delete these first (source: key): {}",
        keys.join(", ")
    )))
}
