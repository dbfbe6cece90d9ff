//! Gives Postgres with pgvector 0.8 or newer a column that indexes of the nearest vectors can be made of.
//!
//! `embeddings.nearest` is the vector of the row in 16 bits a number, of any dimension; each model gets a partial HNSW index
//! on it once an owner has so many vectors that comparing them all would be slow. NULL is a row that was there before the
//! column. SQLite, and a server without the extension, have no such column: vectors are compared in memory there.

use sea_orm_migration::prelude::*;

use crate::sql;

pub(crate) struct Nearest;

crate::step::step!(
    Nearest,
    "m20260525_000021_nearest",
    adds "the column that pgvector's indexes are made of, where there is pgvector",
    down drops "the indexes of the nearest vectors; no vector"
);

#[async_trait::async_trait]
impl MigrationTrait for Nearest {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            sql::run(manager, &UP).await?;
        }

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            sql::run(manager, &DOWN).await?;
        }

        Ok(())
    }
}

const UP: [&str; 2] = [
    r"DO $$
      BEGIN
          CREATE EXTENSION IF NOT EXISTS vector;
      EXCEPTION
          WHEN feature_not_supported OR undefined_file OR insufficient_privilege THEN NULL;
      END
      $$",
    r"DO $$
      BEGIN
          IF to_regtype('halfvec') IS NULL OR NOT EXISTS (
              SELECT 1
              FROM pg_extension
              WHERE extname = 'vector'
                AND (string_to_array(extversion, '.'))[1:2]::int[] >= ARRAY[0, 8]
          ) THEN
              RETURN;
          END IF;

          ALTER TABLE embeddings ADD COLUMN nearest halfvec;
          CREATE INDEX idx_embeddings_unfilled ON embeddings (model, id) WHERE nearest IS NULL;
      END
      $$",
];

const DOWN: [&str; 2] = [
    "DROP INDEX IF EXISTS idx_embeddings_unfilled",
    "ALTER TABLE embeddings DROP COLUMN IF EXISTS nearest",
];
