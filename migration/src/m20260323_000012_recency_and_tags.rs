//! Lets the newest entries of an owner, a type, a source or a tag be read from an index, in order, without a sort.
//!
//! The owner indexes of `entries` gain the time of the last touch and cover active entries. `entry_tags` holds one row
//! a tag of an entry, kept by triggers: a GIN index on the JSON column cannot be used behind row-level security,
//! because `@>` is not leakproof, and could not return the newest first. The JSON column stays the truth; the table is
//! derived from it.

use sea_orm_migration::{
    prelude::*,
    schema::{text, timestamp_with_time_zone, timestamp_with_time_zone_null},
};

use crate::{m20260209_000006_row_level_security as row_level_security, sql};

pub(crate) struct RecencyAndTags;

crate::step::step!(
    RecencyAndTags,
    "m20260323_000012_recency_and_tags",
    adds "indexes for the newest entries by type, source and tag",
    down drops "the table of tags, which is derived, and the recency indexes; no entry"
);

#[async_trait::async_trait]
impl MigrationTrait for RecencyAndTags {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &RECENCY_INDEXES).await?;
        manager.create_table(tags_table()).await?;
        sql::run(manager, &TAGS_INDEXES).await?;

        if sql::is_postgres(manager) {
            row_level_security::protect(manager, "entry_tags").await?;
            sql::see_all_owners(manager).await?;
            sql::run(manager, &POSTGRES_TRIGGERS).await?;
            sql::run(manager, &[POSTGRES_FILL]).await
        } else {
            sql::run(manager, &SQLITE_TRIGGERS).await?;
            sql::run(manager, &[SQLITE_FILL]).await
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            sql::run(
                manager,
                &[
                    "DROP TRIGGER entries_keep_tags ON entries",
                    "DROP FUNCTION keep_entry_tags()",
                ],
            )
            .await?;
        } else {
            sql::run(
                manager,
                &[
                    "DROP TRIGGER entries_keep_tags_insert",
                    "DROP TRIGGER entries_keep_tags_update",
                ],
            )
            .await?;
        }

        sql::run(manager, &["DROP TABLE entry_tags"]).await?;
        sql::run(manager, &PLAIN_INDEXES).await
    }
}

/// Some end with columns that only make them complete: with every column a count asks for, `deleted` among them, SQLite
/// need not look at the table, and with those row-level security asks for, `type` among them, neither need Postgres.
const RECENCY_INDEXES: [&str; 9] = [
    r"DROP INDEX idx_entries_owner_type",
    r"DROP INDEX idx_entries_owner_source",
    r"DROP INDEX idx_entries_owner_type_source",
    r"CREATE INDEX idx_entries_owner_recent
      ON entries (owner_id, COALESCE(updated, created), id)
      WHERE deleted IS NULL",
    r"CREATE INDEX idx_entries_owner_type
      ON entries (owner_id, type, COALESCE(updated, created), id, deleted)
      WHERE deleted IS NULL",
    r"CREATE INDEX idx_entries_owner_source
      ON entries (owner_id, source, COALESCE(updated, created), id, type, deleted)
      WHERE deleted IS NULL",
    r"CREATE INDEX idx_entries_owner_type_source
      ON entries (owner_id, type, source, COALESCE(updated, created), id)
      WHERE deleted IS NULL",
    r"CREATE INDEX idx_entries_owner_expires
      ON entries (owner_id, expires)
      WHERE expires IS NOT NULL",
    r"CREATE INDEX idx_entries_owner_trash
      ON entries (owner_id, deleted, id)
      WHERE deleted IS NOT NULL",
];

const PLAIN_INDEXES: [&str; 9] = [
    r"DROP INDEX idx_entries_owner_trash",
    r"DROP INDEX idx_entries_owner_expires",
    r"DROP INDEX idx_entries_owner_type_source",
    r"DROP INDEX idx_entries_owner_source",
    r"DROP INDEX idx_entries_owner_type",
    r"DROP INDEX idx_entries_owner_recent",
    r"CREATE INDEX idx_entries_owner_type ON entries (owner_id, type)",
    r"CREATE INDEX idx_entries_owner_source ON entries (owner_id, source)",
    r"CREATE INDEX idx_entries_owner_type_source ON entries (owner_id, type, source)",
];

/// `touched` and `deleted` repeat columns of the entry, so that one index answers a tag filter in order.
fn tags_table() -> TableCreateStatement {
    Table::create()
        .table("entry_tags")
        .col(text("entry_id"))
        .col(text("tag"))
        .col(text("owner_id").check(Expr::cust("owner_id <> ''")))
        .col(timestamp_with_time_zone("touched"))
        .col(timestamp_with_time_zone_null("deleted"))
        .primary_key(Index::create().col("entry_id").col("tag"))
        .foreign_key(
            ForeignKey::create()
                .from("entry_tags", "entry_id")
                .to("entries", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

const TAGS_INDEXES: [&str; 2] = [
    r"CREATE INDEX idx_entry_tags_active
      ON entry_tags (owner_id, tag, touched, entry_id, deleted)
      WHERE deleted IS NULL",
    r"CREATE INDEX idx_entry_tags_trash
      ON entry_tags (owner_id, tag, entry_id)
      WHERE deleted IS NOT NULL",
];

/// Puts back what keeps the tags of changed entries as this step has it, for a later step that replaces it.
pub(crate) async fn keep_tags(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let [sqlite, postgres] = [SQLITE_TRIGGERS[1], POSTGRES_TRIGGERS[0]];
    if sql::is_postgres(manager) {
        let replace = postgres.replacen("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1);
        sql::run(manager, &[&replace]).await
    } else {
        sql::run(manager, &[sqlite]).await
    }
}

const SQLITE_TRIGGERS: [&str; 2] = [
    r"CREATE TRIGGER entries_keep_tags_insert
      AFTER INSERT ON entries
      BEGIN
          INSERT INTO entry_tags (entry_id, tag, owner_id, touched, deleted)
          SELECT NEW.id, value, NEW.owner_id, COALESCE(NEW.updated, NEW.created), NEW.deleted
          FROM json_each(NEW.tags)
          WHERE type = 'text'
          ON CONFLICT DO NOTHING;
      END",
    r"CREATE TRIGGER entries_keep_tags_update
      AFTER UPDATE OF id, owner_id, tags, created, updated, deleted ON entries
      BEGIN
          DELETE FROM entry_tags WHERE entry_id = OLD.id;
          INSERT INTO entry_tags (entry_id, tag, owner_id, touched, deleted)
          SELECT NEW.id, value, NEW.owner_id, COALESCE(NEW.updated, NEW.created), NEW.deleted
          FROM json_each(NEW.tags)
          WHERE type = 'text'
          ON CONFLICT DO NOTHING;
      END",
];

const POSTGRES_TRIGGERS: [&str; 2] = [
    r"CREATE FUNCTION keep_entry_tags() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
          IF TG_OP = 'UPDATE' THEN
              DELETE FROM entry_tags WHERE entry_id = OLD.id;
          END IF;
          INSERT INTO entry_tags (entry_id, tag, owner_id, touched, deleted)
          SELECT NEW.id, tag #>> '{}', NEW.owner_id, COALESCE(NEW.updated, NEW.created), NEW.deleted
          FROM jsonb_array_elements(NEW.tags) AS tag
          WHERE jsonb_typeof(tag) = 'string'
          ON CONFLICT DO NOTHING;
          RETURN NULL;
      END
      $$",
    r"CREATE TRIGGER entries_keep_tags
      AFTER INSERT OR UPDATE OF id, owner_id, tags, created, updated, deleted ON entries
      FOR EACH ROW EXECUTE FUNCTION keep_entry_tags()",
];

const SQLITE_FILL: &str = r"
    INSERT INTO entry_tags (entry_id, tag, owner_id, touched, deleted)
    SELECT entries.id, tag.value, owner_id, COALESCE(updated, created), deleted
    FROM entries, json_each(entries.tags) AS tag
    WHERE tag.type = 'text'
    ON CONFLICT DO NOTHING";

const POSTGRES_FILL: &str = r"
    INSERT INTO entry_tags (entry_id, tag, owner_id, touched, deleted)
    SELECT entries.id, tag #>> '{}', owner_id, COALESCE(updated, created), deleted
    FROM entries, jsonb_array_elements(entries.tags) AS tag
    WHERE jsonb_typeof(tag) = 'string'
    ON CONFLICT DO NOTHING";
