//! Creates `embeddings`: one vector a (entry, model), of any dimension.
//!
//! The vector is bytes, little-endian `f32`, on both databases: a row can be read, moved and rebuilt without an
//! extension. What makes searching it fast is an index the store keeps beside it.

use sea_orm_migration::{
    prelude::*,
    schema::{blob, integer, text, timestamp_with_time_zone},
};

use crate::sql;

pub(crate) struct Embeddings;

crate::step::step!(
    Embeddings,
    "m20260112_000003_embeddings",
    adds "the table of embeddings",
    down drops "the table of embeddings with every row; they can be computed again"
);

#[async_trait::async_trait]
impl MigrationTrait for Embeddings {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut created = timestamp_with_time_zone("created");
        if sql::is_postgres(manager) {
            created.default(Expr::current_timestamp());
        }
        let table = Table::create()
            .table("embeddings")
            .if_not_exists()
            .col(
                ColumnDef::new("id")
                    .big_integer()
                    .not_null()
                    .auto_increment()
                    .primary_key(),
            )
            .col(text("entry_id"))
            .col(text("model"))
            .col(integer("dimensions"))
            .col(text("text_hash"))
            .col(blob("embedding").check(Expr::cust("length(embedding) = 4 * dimensions")))
            .col(created)
            .foreign_key(
                ForeignKey::create()
                    .from("embeddings", "entry_id")
                    .to("entries", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(table).await?;

        sql::run(
            manager,
            &[
                r"CREATE UNIQUE INDEX IF NOT EXISTS idx_embeddings_entry_model ON embeddings (entry_id, model)",
                r"CREATE INDEX IF NOT EXISTS idx_embeddings_entry ON embeddings (entry_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &["DROP TABLE embeddings"]).await
    }
}
