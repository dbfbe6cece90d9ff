//! Creates `entries`, the one envelope table behind every kind of entry.
//!
//! Tags are a JSON array and the payload a JSON object on both databases, and both are checked, so that no client and
//! no import can leave a row that readers cannot parse.

use sea_orm_migration::{
    prelude::*,
    schema::{
        json_binary, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
    },
};

use crate::sql;

/// The ten kinds an entry can be.
pub(crate) const ENTRY_TYPES: &str = "'status', 'alert', 'pattern', 'suppression', 'context', 'preference', 'note', \
                                      'intention', 'schema', 'record'";

pub(crate) struct Entries;

crate::step::step!(
    Entries,
    "m20260105_000001_entries",
    adds "the table of entries",
    down drops "the table of entries with every row"
);

#[async_trait::async_trait]
impl MigrationTrait for Entries {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut updated = timestamp_with_time_zone("updated");
        let table = table("entries", updated.not_null(), manager);
        manager.create_table(table).await?;

        sql::run(
            manager,
            &[
                r"CREATE INDEX IF NOT EXISTS idx_entries_type ON entries (type)",
                r"CREATE INDEX IF NOT EXISTS idx_entries_source ON entries (source)",
                r"CREATE INDEX IF NOT EXISTS idx_entries_type_source ON entries (type, source)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("entries").to_owned())
            .await
    }
}

/// The table as this step makes it, with `updated` as the caller wants it: SQLite cannot relax a column in place, so
/// the step that does so builds the table anew.
pub(crate) fn table(
    name: &'static str,
    updated: &mut ColumnDef,
    manager: &SchemaManager<'_>,
) -> TableCreateStatement {
    let [tags_are_an_array, data_is_an_object] = if sql::is_postgres(manager) {
        [
            "jsonb_typeof(tags) = 'array'",
            "jsonb_typeof(data) = 'object'",
        ]
    } else {
        [
            "json_valid(tags) AND json_type(tags) = 'array'",
            "json_valid(data) AND json_type(data) = 'object'",
        ]
    };

    Table::create()
        .table(name)
        .if_not_exists()
        .col(text("id").primary_key())
        .col(text("type").check(Expr::cust(format!("type IN ({ENTRY_TYPES})"))))
        .col(text("source"))
        .col(timestamp_with_time_zone("created"))
        .col(updated)
        .col(timestamp_with_time_zone_null("expires"))
        .col(timestamp_with_time_zone_null("deleted"))
        .col(
            json_binary("tags")
                .default("[]")
                .check(Expr::cust(tags_are_an_array)),
        )
        .col(
            json_binary("data")
                .default("{}")
                .check(Expr::cust(data_is_an_object)),
        )
        .col(text_null("logical_key"))
        .to_owned()
}
