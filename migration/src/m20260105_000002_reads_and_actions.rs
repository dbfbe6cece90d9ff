//! Creates `reads` and `actions`, the two logs that hang off an entry and vanish with it.
//!
//! On SQLite `timestamp` has no default: SQLite's own clock text sorts wrongly beside RFC 3339 text, so the
//! application writes every instant. Postgres keeps `now()` for rows inserted by hand.

use sea_orm_migration::{
    prelude::*,
    schema::{json_binary, text, text_null, timestamp_with_time_zone},
};

use crate::sql;

pub(crate) struct ReadsAndActions;

crate::step::step!(
    ReadsAndActions,
    "m20260105_000002_reads_and_actions",
    adds "the logs of reads and actions",
    down drops "the logs of reads and actions with every row"
);

#[async_trait::async_trait]
impl MigrationTrait for ReadsAndActions {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let reads = log_table("reads", manager)
            .col(text_null("platform"))
            .col(text_null("tool_used"))
            .to_owned();
        let actions = log_table("actions", manager)
            .col(text_null("platform"))
            .col(text("action"))
            .col(text_null("detail"))
            .col(json_binary("tags").default("[]"))
            .to_owned();
        manager.create_table(reads).await?;
        manager.create_table(actions).await?;

        sql::run(
            manager,
            &[
                r"CREATE INDEX IF NOT EXISTS idx_reads_entry ON reads (entry_id)",
                r"CREATE INDEX IF NOT EXISTS idx_reads_timestamp ON reads (timestamp)",
                r"CREATE INDEX IF NOT EXISTS idx_actions_entry ON actions (entry_id)",
                r"CREATE INDEX IF NOT EXISTS idx_actions_timestamp ON actions (timestamp)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["DROP TABLE actions", "DROP TABLE reads"]).await
    }
}

fn log_table(name: &'static str, manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut timestamp = timestamp_with_time_zone("timestamp");
    if sql::is_postgres(manager) {
        timestamp.default(Expr::current_timestamp());
    }

    Table::create()
        .table(name)
        .if_not_exists()
        .col(
            ColumnDef::new("id")
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(text("entry_id"))
        .col(timestamp)
        .foreign_key(
            ForeignKey::create()
                .from(name, "entry_id")
                .to("entries", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
