//! Keeps, per entry, how often it was read and when last, so that a list of entries need not count a log.
//!
//! `read_counts` is derived from `reads` and kept by triggers.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, text, timestamp_with_time_zone},
};

use crate::{m20260209_000006_row_level_security as row_level_security, sql};

pub(crate) struct ReadCounts;

crate::step::step!(
    ReadCounts,
    "m20260330_000013_read_counts",
    adds "kept counts of reads",
    down drops "the kept counts of reads, which are derived; no read"
);

#[async_trait::async_trait]
impl MigrationTrait for ReadCounts {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager).await
    }
}

/// Makes the table, fills it and keeps it.
pub(crate) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.create_table(table()).await?;
    sql::see_all_owners(manager).await?;
    sql::run(manager, &[FILL]).await?;

    if sql::is_postgres(manager) {
        row_level_security::protect(manager, "read_counts").await?;
        sql::run(manager, &POSTGRES_TRIGGER).await
    } else {
        sql::run(manager, &[SQLITE_TRIGGER]).await
    }
}

/// Drops the table and what keeps it.
pub(crate) async fn drop_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if sql::is_postgres(manager) {
        sql::run(
            manager,
            &[
                "DROP TRIGGER reads_keep_counts ON reads",
                "DROP FUNCTION keep_read_counts()",
            ],
        )
        .await?;
    } else {
        sql::run(manager, &["DROP TRIGGER reads_keep_counts"]).await?;
    }

    sql::run(manager, &["DROP TABLE read_counts"]).await
}

fn table() -> TableCreateStatement {
    Table::create()
        .table("read_counts")
        .col(text("entry_id").primary_key())
        .col(text("owner_id").check(Expr::cust("owner_id <> ''")))
        .col(big_integer("read_count"))
        .col(timestamp_with_time_zone("last_read"))
        .foreign_key(
            ForeignKey::create()
                .from("read_counts", "entry_id")
                .to("entries", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

const FILL: &str = r"
    INSERT INTO read_counts (entry_id, owner_id, read_count, last_read)
    SELECT entry_id, MIN(owner_id), COUNT(*), MAX(timestamp)
    FROM reads
    GROUP BY entry_id";

const SQLITE_TRIGGER: &str = r"
    CREATE TRIGGER reads_keep_counts
    AFTER INSERT ON reads
    BEGIN
        INSERT INTO read_counts (entry_id, owner_id, read_count, last_read)
        VALUES (NEW.entry_id, NEW.owner_id, 1, NEW.timestamp)
        ON CONFLICT (entry_id) DO UPDATE
        SET read_count = read_count + 1, last_read = MAX(last_read, excluded.last_read);
    END";

/// Once a statement, not once a row: reads arrive in batches. The order keeps two nodes from locking each other out.
const POSTGRES_TRIGGER: [&str; 2] = [
    r"CREATE FUNCTION keep_read_counts() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
          INSERT INTO read_counts (entry_id, owner_id, read_count, last_read)
          SELECT entry_id, MIN(owner_id), COUNT(*), MAX(timestamp)
          FROM fresh
          GROUP BY entry_id
          ORDER BY entry_id
          ON CONFLICT (entry_id) DO UPDATE
          SET
              read_count = read_counts.read_count + excluded.read_count,
              last_read = GREATEST(read_counts.last_read, excluded.last_read);
          RETURN NULL;
      END
      $$",
    r"CREATE TRIGGER reads_keep_counts
      AFTER INSERT ON reads
      REFERENCING NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION keep_read_counts()",
];
