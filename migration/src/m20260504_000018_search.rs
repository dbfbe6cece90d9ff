//! Lets a search index in memory follow the rows it is made from.
//!
//! `entry_words` and `embeddings` get `changed`: which change a row was last part of. On SQLite that counts up with each
//! writing transaction (`change_counter`); on Postgres it is the id of the transaction, because only the server knows in
//! which order transactions become visible. Putting an entry into the
//! trash and taking it out again changes both.
//! `entry_words.analysis` tells which analysis made the terms: 0 is none, and every entry now has a row.

use sea_orm_migration::prelude::*;

use crate::sql;

pub(crate) struct Search;

crate::step::step!(
    Search,
    "m20260504_000018_search",
    adds "what a search index follows changes by",
    down drops "what a search index follows changes by; no entry"
);

#[async_trait::async_trait]
impl MigrationTrait for Search {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            sql::see_all_owners(manager).await?;
        }
        sql::run(manager, &UP).await?;

        if sql::is_postgres(manager) {
            sql::run(manager, &POSTGRES).await
        } else {
            sql::run(manager, &SQLITE).await
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            let down = [
                "DROP TRIGGER entries_touch_searchable ON entries",
                "DROP FUNCTION touch_searchable()",
            ];
            sql::run(manager, &down).await?;
        } else {
            let down = [
                "DROP TRIGGER entries_touch_searchable",
                "DROP TABLE change_counter",
            ];
            sql::run(manager, &down).await?;
        }

        sql::run(manager, &DOWN).await
    }
}

const UP: [&str; 9] = [
    "ALTER TABLE entry_words ADD COLUMN length INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE entry_words ADD COLUMN analysis INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE entry_words ADD COLUMN changed BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE embeddings ADD COLUMN changed BIGINT NOT NULL DEFAULT 0",
    r"INSERT INTO entry_words (entry_id, owner_id, terms)
      SELECT id, owner_id, ' '
      FROM entries
      WHERE NOT EXISTS (SELECT 1 FROM entry_words WHERE entry_id = entries.id)",
    "DROP INDEX idx_entry_words_owner",
    "CREATE INDEX idx_entry_words_changed ON entry_words (owner_id, changed, key)",
    "CREATE INDEX idx_entry_words_analysis ON entry_words (analysis)",
    "CREATE INDEX idx_embeddings_changed ON embeddings (owner_id, model, changed, id)",
];

const DOWN: [&str; 8] = [
    "DROP INDEX idx_embeddings_changed",
    "DROP INDEX idx_entry_words_analysis",
    "DROP INDEX idx_entry_words_changed",
    "CREATE INDEX idx_entry_words_owner ON entry_words (owner_id, key)",
    "ALTER TABLE embeddings DROP COLUMN changed",
    "ALTER TABLE entry_words DROP COLUMN changed",
    "ALTER TABLE entry_words DROP COLUMN analysis",
    "ALTER TABLE entry_words DROP COLUMN length",
];

const SQLITE: [&str; 3] = [
    r"CREATE TABLE change_counter (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          value BIGINT NOT NULL
      )",
    "INSERT INTO change_counter (id, value) VALUES (1, 0)",
    r"CREATE TRIGGER entries_touch_searchable
      AFTER UPDATE OF deleted ON entries
      WHEN OLD.deleted IS NOT NEW.deleted
      BEGIN
          UPDATE change_counter SET value = value + 1;
          UPDATE entry_words
          SET changed = (SELECT value FROM change_counter)
          WHERE entry_id = NEW.id;
          UPDATE embeddings
          SET changed = (SELECT value FROM change_counter)
          WHERE entry_id = NEW.id;
      END",
];

const POSTGRES: [&str; 2] = [
    r"CREATE FUNCTION touch_searchable() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
          UPDATE entry_words
          SET changed = pg_current_xact_id()::text::bigint
          WHERE entry_id = NEW.id;
          UPDATE embeddings
          SET changed = pg_current_xact_id()::text::bigint
          WHERE entry_id = NEW.id;
          RETURN NULL;
      END
      $$",
    r"CREATE TRIGGER entries_touch_searchable
      AFTER UPDATE ON entries
      FOR EACH ROW
      WHEN (OLD.deleted IS DISTINCT FROM NEW.deleted)
      EXECUTE FUNCTION touch_searchable()",
];
