//! Makes `entries.updated` NULL until the first change: where it equals `created`, nothing was ever changed.
//!
//! SQLite cannot relax a column, so there the table is built anew and filled. That needs foreign keys switched off,
//! which only works outside a transaction: the runner has done so, and checks every key before it commits.

use sea_orm_migration::{
    prelude::*,
    schema::{timestamp_with_time_zone, timestamp_with_time_zone_null},
};

use crate::{m20260105_000001_entries as entries, sql};

pub(crate) struct UpdatedNullable;

crate::step::step!(
    UpdatedNullable,
    "m20260216_000007_updated_nullable",
    adds "entries that know whether they were ever changed",
    down drops "nothing: `updated` falls back to `created` where it was empty"
);

#[async_trait::async_trait]
impl MigrationTrait for UpdatedNullable {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            sql::run(
                manager,
                &["ALTER TABLE entries ALTER COLUMN updated DROP NOT NULL"],
            )
            .await?;
        } else {
            rebuild(manager, &mut timestamp_with_time_zone_null("updated")).await?;
        }

        sql::see_all_owners(manager).await?;
        sql::run(
            manager,
            &["UPDATE entries SET updated = NULL WHERE updated = created"],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::see_all_owners(manager).await?;
        sql::run(
            manager,
            &["UPDATE entries SET updated = created WHERE updated IS NULL"],
        )
        .await?;

        if sql::is_postgres(manager) {
            sql::run(
                manager,
                &["ALTER TABLE entries ALTER COLUMN updated SET NOT NULL"],
            )
            .await
        } else {
            rebuild(manager, &mut timestamp_with_time_zone("updated")).await
        }
    }
}

const COLUMNS: &str =
    "id, type, source, created, updated, expires, deleted, tags, data, logical_key, owner_id";

/// Builds the table anew on SQLite, with its indexes and the owner default it has now.
async fn rebuild(manager: &SchemaManager<'_>, updated: &mut ColumnDef) -> Result<(), DbErr> {
    if !sql::text_rows(
        manager,
        "SELECT 'on' AS state FROM pragma_foreign_keys WHERE foreign_keys = 1",
        &["state"],
    )
    .await?
    .is_empty()
    {
        return Err(DbErr::Migration(
            "foreign keys are on: this step runs through the migration runner".to_owned(),
        ));
    }

    let defaults = sql::text_rows(
        manager,
        "SELECT dflt_value AS owner FROM pragma_table_info('entries') WHERE name = 'owner_id'",
        &["owner"],
    )
    .await?;
    let Some([owner]) = defaults.first().map(Vec::as_slice) else {
        return Err(DbErr::Migration("entries has no default owner".to_owned()));
    };
    let indexes = sql::text_rows(
        manager,
        "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'entries' AND sql IS NOT NULL",
        &["sql"],
    )
    .await?;

    let table = entries::table("entries_rebuilt", updated, manager);
    manager.create_table(table).await?;
    sql::run(
        manager,
        &[
            &format!(
                r"ALTER TABLE entries_rebuilt
                  ADD COLUMN owner_id TEXT NOT NULL DEFAULT {owner} CHECK (owner_id <> '')"
            ),
            &format!(
                "INSERT INTO entries_rebuilt ({COLUMNS}) SELECT {COLUMNS} FROM entries ORDER BY rowid"
            ),
            "DROP TABLE entries",
            "ALTER TABLE entries_rebuilt RENAME TO entries",
        ],
    )
    .await?;
    for index in indexes.iter().flatten() {
        sql::run(manager, &[index]).await?;
    }

    Ok(())
}
