//! Keeps counts, so that nobody counts whole tables: how many entries an owner has by type, source and tag, and which
//! entries nobody has read.
//!
//! `entry_counts` holds a count a name. On SQLite there is one row a name. On Postgres a transaction that changes a count
//! writes a row of its own (`slot`), because writers who share a row would wait for each other's commit; a count is the
//! sum of its rows, and upkeep puts them together. `read_counts` is built anew: every entry has its row from the start,
//! with the times by which unread ones are listed. Both are derived and kept by triggers.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, text, timestamp_with_time_zone, timestamp_with_time_zone_null},
};

use crate::{
    m20260209_000006_row_level_security as row_level_security,
    m20260323_000012_recency_and_tags as tags, m20260330_000013_read_counts as read_counts, sql,
};

pub(crate) struct KeptCounts;

crate::step::step!(
    KeptCounts,
    "m20260413_000015_kept_counts",
    adds "kept counts of entries by type, source and tag, and of what is unread",
    down drops "those counts, which are derived; no entry"
);

#[async_trait::async_trait]
impl MigrationTrait for KeptCounts {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::see_all_owners(manager).await?;
        read_counts::drop_table(manager).await?;
        manager.create_table(read_counts_table()).await?;
        manager.create_table(entry_counts_table()).await?;
        sql::run(manager, &FILL).await?;

        if sql::is_postgres(manager) {
            row_level_security::protect(manager, "read_counts").await?;
            row_level_security::protect(manager, "entry_counts").await?;
            sql::run(manager, &POSTGRES).await
        } else {
            sql::run(manager, &SQLITE).await
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::see_all_owners(manager).await?;
        if sql::is_postgres(manager) {
            sql::run(manager, &POSTGRES_DOWN).await?;
        } else {
            sql::run(manager, &SQLITE_DOWN).await?;
        }
        sql::run(
            manager,
            &["DROP TABLE entry_counts", "DROP TABLE read_counts"],
        )
        .await?;

        tags::keep_tags(manager).await?;
        read_counts::create(manager).await
    }
}

fn read_counts_table() -> TableCreateStatement {
    Table::create()
        .table("read_counts")
        .col(text("entry_id").primary_key())
        .col(text("owner_id").check(Expr::cust("owner_id <> ''")))
        .col(big_integer("read_count"))
        .col(timestamp_with_time_zone_null("last_read"))
        .col(timestamp_with_time_zone("created"))
        .col(timestamp_with_time_zone_null("deleted"))
        .foreign_key(
            ForeignKey::create()
                .from("read_counts", "entry_id")
                .to("entries", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn entry_counts_table() -> TableCreateStatement {
    Table::create()
        .table("entry_counts")
        .col(text("owner_id").check(Expr::cust("owner_id <> ''")))
        .col(text("kind").check(Expr::cust("kind IN ('type', 'source', 'tag')")))
        .col(text("name"))
        .col(big_integer("slot"))
        .col(big_integer("count"))
        .primary_key(
            Index::create()
                .col("owner_id")
                .col("kind")
                .col("name")
                .col("slot"),
        )
        .to_owned()
}

const FILL: [&str; 6] = [
    r"INSERT INTO read_counts (entry_id, owner_id, read_count, last_read, created, deleted)
      SELECT entries.id, entries.owner_id, COUNT(reads.id), MAX(reads.timestamp), entries.created, entries.deleted
      FROM entries
      LEFT JOIN reads ON reads.entry_id = entries.id
      GROUP BY entries.id",
    r"CREATE INDEX idx_read_counts_unread
      ON read_counts (owner_id, created, entry_id)
      WHERE last_read IS NULL AND deleted IS NULL",
    r"CREATE INDEX idx_read_counts_created
      ON read_counts (owner_id, created, entry_id, last_read)
      WHERE deleted IS NULL",
    r"INSERT INTO entry_counts (owner_id, kind, name, slot, count)
      SELECT owner_id, 'type', type, 0, COUNT(*)
      FROM entries
      WHERE deleted IS NULL
      GROUP BY owner_id, type",
    r"INSERT INTO entry_counts (owner_id, kind, name, slot, count)
      SELECT owner_id, 'source', source, 0, COUNT(*)
      FROM entries
      WHERE deleted IS NULL
      GROUP BY owner_id, source",
    r"INSERT INTO entry_counts (owner_id, kind, name, slot, count)
      SELECT owner_id, 'tag', tag, 0, COUNT(*)
      FROM entry_tags
      WHERE deleted IS NULL
      GROUP BY owner_id, tag",
];

/// The tag triggers of the step before change too: tags that stay are updated and not written anew, so that a touch does
/// not count them down and up.
const SQLITE: [&str; 12] = [
    r"DROP TRIGGER entries_keep_tags_update",
    r"CREATE TRIGGER entries_keep_tags_update
      AFTER UPDATE OF id, owner_id, tags ON entries
      WHEN OLD.tags IS NOT NEW.tags OR OLD.owner_id IS NOT NEW.owner_id OR OLD.id IS NOT NEW.id
      BEGIN
          DELETE FROM entry_tags WHERE entry_id = OLD.id;
          INSERT INTO entry_tags (entry_id, tag, owner_id, touched, deleted)
          SELECT NEW.id, value, NEW.owner_id, COALESCE(NEW.updated, NEW.created), NEW.deleted
          FROM json_each(NEW.tags)
          WHERE type = 'text'
          ON CONFLICT DO NOTHING;
      END",
    r"CREATE TRIGGER entries_keep_tags_touch
      AFTER UPDATE OF created, updated, deleted ON entries
      BEGIN
          UPDATE entry_tags
          SET touched = COALESCE(NEW.updated, NEW.created), deleted = NEW.deleted
          WHERE entry_id = NEW.id
              AND (touched IS NOT COALESCE(NEW.updated, NEW.created) OR deleted IS NOT NEW.deleted);
      END",
    r"CREATE TRIGGER entries_count_insert
      AFTER INSERT ON entries
      BEGIN
          INSERT INTO read_counts (entry_id, owner_id, read_count, created, deleted)
          VALUES (NEW.id, NEW.owner_id, 0, NEW.created, NEW.deleted);
          INSERT INTO entry_counts (owner_id, kind, name, slot, count)
          SELECT NEW.owner_id, fresh.kind, fresh.name, 0, 1
          FROM (
              SELECT 'type' AS kind, NEW.type AS name
              UNION ALL
              SELECT 'source', NEW.source
          ) AS fresh
          WHERE NEW.deleted IS NULL
          ON CONFLICT (owner_id, kind, name, slot) DO UPDATE SET count = count + 1;
      END",
    r"CREATE TRIGGER entries_count_update
      AFTER UPDATE OF owner_id, type, source, created, deleted ON entries
      WHEN OLD.owner_id IS NOT NEW.owner_id OR OLD.type IS NOT NEW.type OR OLD.source IS NOT NEW.source
          OR OLD.created IS NOT NEW.created OR OLD.deleted IS NOT NEW.deleted
      BEGIN
          UPDATE read_counts
          SET owner_id = NEW.owner_id, created = NEW.created, deleted = NEW.deleted
          WHERE entry_id = NEW.id;
          UPDATE entry_counts
          SET count = count - 1
          WHERE OLD.deleted IS NULL AND owner_id = OLD.owner_id
              AND (kind, name) IN (VALUES ('type', OLD.type), ('source', OLD.source));
          INSERT INTO entry_counts (owner_id, kind, name, slot, count)
          SELECT NEW.owner_id, fresh.kind, fresh.name, 0, 1
          FROM (
              SELECT 'type' AS kind, NEW.type AS name
              UNION ALL
              SELECT 'source', NEW.source
          ) AS fresh
          WHERE NEW.deleted IS NULL
          ON CONFLICT (owner_id, kind, name, slot) DO UPDATE SET count = count + 1;
      END",
    r"CREATE TRIGGER entries_count_delete
      AFTER DELETE ON entries
      WHEN OLD.deleted IS NULL
      BEGIN
          UPDATE entry_counts
          SET count = count - 1
          WHERE owner_id = OLD.owner_id
              AND (kind, name) IN (VALUES ('type', OLD.type), ('source', OLD.source));
      END",
    r"CREATE TRIGGER entry_tags_count_insert
      AFTER INSERT ON entry_tags
      WHEN NEW.deleted IS NULL
      BEGIN
          INSERT INTO entry_counts (owner_id, kind, name, slot, count)
          VALUES (NEW.owner_id, 'tag', NEW.tag, 0, 1)
          ON CONFLICT (owner_id, kind, name, slot) DO UPDATE SET count = count + 1;
      END",
    r"CREATE TRIGGER entry_tags_count_trash
      AFTER UPDATE OF deleted ON entry_tags
      WHEN OLD.deleted IS NULL AND NEW.deleted IS NOT NULL
      BEGIN
          UPDATE entry_counts
          SET count = count - 1
          WHERE owner_id = OLD.owner_id AND kind = 'tag' AND name = OLD.tag;
      END",
    r"CREATE TRIGGER entry_tags_count_restore
      AFTER UPDATE OF deleted ON entry_tags
      WHEN OLD.deleted IS NOT NULL AND NEW.deleted IS NULL
      BEGIN
          INSERT INTO entry_counts (owner_id, kind, name, slot, count)
          VALUES (NEW.owner_id, 'tag', NEW.tag, 0, 1)
          ON CONFLICT (owner_id, kind, name, slot) DO UPDATE SET count = count + 1;
      END",
    r"CREATE TRIGGER entry_tags_count_delete
      AFTER DELETE ON entry_tags
      WHEN OLD.deleted IS NULL
      BEGIN
          UPDATE entry_counts
          SET count = count - 1
          WHERE owner_id = OLD.owner_id AND kind = 'tag' AND name = OLD.tag;
      END",
    r"CREATE TRIGGER entry_counts_drop_empty
      AFTER UPDATE OF count ON entry_counts
      WHEN NEW.count <= 0
      BEGIN
          DELETE FROM entry_counts
          WHERE owner_id = NEW.owner_id AND kind = NEW.kind AND name = NEW.name AND slot = NEW.slot;
      END",
    r"CREATE TRIGGER reads_keep_counts
      AFTER INSERT ON reads
      BEGIN
          UPDATE read_counts
          SET
              read_count = read_count + 1,
              last_read = COALESCE(MAX(last_read, NEW.timestamp), NEW.timestamp)
          WHERE entry_id = NEW.entry_id;
      END",
];

const SQLITE_DOWN: [&str; 11] = [
    "DROP TRIGGER reads_keep_counts",
    "DROP TRIGGER entry_counts_drop_empty",
    "DROP TRIGGER entry_tags_count_delete",
    "DROP TRIGGER entry_tags_count_restore",
    "DROP TRIGGER entry_tags_count_trash",
    "DROP TRIGGER entry_tags_count_insert",
    "DROP TRIGGER entries_count_delete",
    "DROP TRIGGER entries_count_update",
    "DROP TRIGGER entries_count_insert",
    "DROP TRIGGER entries_keep_tags_touch",
    "DROP TRIGGER entries_keep_tags_update",
];

const POSTGRES: [&str; 10] = [
    r"CREATE OR REPLACE FUNCTION keep_entry_tags() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
          IF TG_OP = 'UPDATE' THEN
              IF NEW.tags = OLD.tags AND NEW.owner_id = OLD.owner_id AND NEW.id = OLD.id THEN
                  UPDATE entry_tags
                  SET touched = COALESCE(NEW.updated, NEW.created), deleted = NEW.deleted
                  WHERE entry_id = NEW.id;
                  RETURN NULL;
              END IF;
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
    r"CREATE FUNCTION count_entry() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
          own BIGINT := pg_current_xact_id()::text::bigint;
      BEGIN
          IF TG_OP <> 'INSERT' AND OLD.deleted IS NULL THEN
              INSERT INTO entry_counts (owner_id, kind, name, slot, count)
              VALUES (OLD.owner_id, 'type', OLD.type, own, -1), (OLD.owner_id, 'source', OLD.source, own, -1)
              ON CONFLICT (owner_id, kind, name, slot) DO UPDATE
              SET count = entry_counts.count + excluded.count;
          END IF;
          IF TG_OP <> 'DELETE' AND NEW.deleted IS NULL THEN
              INSERT INTO entry_counts (owner_id, kind, name, slot, count)
              VALUES (NEW.owner_id, 'type', NEW.type, own, 1), (NEW.owner_id, 'source', NEW.source, own, 1)
              ON CONFLICT (owner_id, kind, name, slot) DO UPDATE
              SET count = entry_counts.count + excluded.count;
          END IF;
          IF TG_OP = 'INSERT' THEN
              INSERT INTO read_counts (entry_id, owner_id, read_count, created, deleted)
              VALUES (NEW.id, NEW.owner_id, 0, NEW.created, NEW.deleted);
          ELSIF TG_OP = 'UPDATE' THEN
              UPDATE read_counts
              SET owner_id = NEW.owner_id, created = NEW.created, deleted = NEW.deleted
              WHERE entry_id = NEW.id;
          END IF;
          RETURN NULL;
      END
      $$",
    r"CREATE TRIGGER entries_count
      AFTER INSERT OR DELETE ON entries
      FOR EACH ROW EXECUTE FUNCTION count_entry()",
    r"CREATE TRIGGER entries_count_update
      AFTER UPDATE ON entries
      FOR EACH ROW
      WHEN (
          OLD.owner_id IS DISTINCT FROM NEW.owner_id
          OR OLD.type IS DISTINCT FROM NEW.type
          OR OLD.source IS DISTINCT FROM NEW.source
          OR OLD.created IS DISTINCT FROM NEW.created
          OR OLD.deleted IS DISTINCT FROM NEW.deleted
      )
      EXECUTE FUNCTION count_entry()",
    r"CREATE FUNCTION count_entry_tags() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
          own BIGINT := pg_current_xact_id()::text::bigint;
      BEGIN
          IF TG_OP <> 'INSERT' THEN
              INSERT INTO entry_counts (owner_id, kind, name, slot, count)
              SELECT owner_id, 'tag', tag, own, -COUNT(*) FROM gone WHERE deleted IS NULL GROUP BY owner_id, tag
              ON CONFLICT (owner_id, kind, name, slot) DO UPDATE
              SET count = entry_counts.count + excluded.count;
          END IF;
          IF TG_OP <> 'DELETE' THEN
              INSERT INTO entry_counts (owner_id, kind, name, slot, count)
              SELECT owner_id, 'tag', tag, own, COUNT(*) FROM fresh WHERE deleted IS NULL GROUP BY owner_id, tag
              ON CONFLICT (owner_id, kind, name, slot) DO UPDATE
              SET count = entry_counts.count + excluded.count;
          END IF;
          RETURN NULL;
      END
      $$",
    r"CREATE TRIGGER entry_tags_count_insert
      AFTER INSERT ON entry_tags
      REFERENCING NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION count_entry_tags()",
    r"CREATE TRIGGER entry_tags_count_delete
      AFTER DELETE ON entry_tags
      REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION count_entry_tags()",
    r"CREATE TRIGGER entry_tags_count_update
      AFTER UPDATE ON entry_tags
      REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION count_entry_tags()",
    r"CREATE FUNCTION keep_read_counts() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
          PERFORM 1
          FROM read_counts
          WHERE entry_id IN (SELECT entry_id FROM fresh)
          ORDER BY entry_id
          FOR UPDATE;
          UPDATE read_counts
          SET
              read_count = read_counts.read_count + counted.count,
              last_read = GREATEST(read_counts.last_read, counted.last)
          FROM (
              SELECT entry_id, COUNT(*) AS count, MAX(timestamp) AS last
              FROM fresh
              GROUP BY entry_id
          ) AS counted
          WHERE read_counts.entry_id = counted.entry_id;
          RETURN NULL;
      END
      $$",
    r"CREATE TRIGGER reads_keep_counts
      AFTER INSERT ON reads
      REFERENCING NEW TABLE AS fresh
      FOR EACH STATEMENT EXECUTE FUNCTION keep_read_counts()",
];

const POSTGRES_DOWN: [&str; 9] = [
    "DROP TRIGGER reads_keep_counts ON reads",
    "DROP FUNCTION keep_read_counts()",
    "DROP TRIGGER entry_tags_count_update ON entry_tags",
    "DROP TRIGGER entry_tags_count_delete ON entry_tags",
    "DROP TRIGGER entry_tags_count_insert ON entry_tags",
    "DROP FUNCTION count_entry_tags()",
    "DROP TRIGGER entries_count_update ON entries",
    "DROP TRIGGER entries_count ON entries",
    "DROP FUNCTION count_entry()",
];
