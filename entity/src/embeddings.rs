//! Vectors of entries: one a (entry, model), of any dimension.

use sea_orm::entity::prelude::*;

/// One vector of an entry.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "embeddings")]
pub struct Model {
    /// Counts up, never reused.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The entry it stands for.
    #[sea_orm(column_type = "Text")]
    pub entry_id: String,
    /// Name of the model that made it.
    #[sea_orm(column_type = "Text")]
    pub model: String,
    /// How many numbers it has.
    pub dimensions: i32,
    /// SHA-256 of the embedded text, lower-case hex.
    #[sea_orm(column_type = "Text")]
    pub text_hash: String,
    /// The numbers: little-endian `f32`, `4 * dimensions` bytes.
    #[sea_orm(column_type = "Blob")]
    pub embedding: Vec<u8>,
    /// When the first vector of the pair was stored; kept when it is replaced.
    pub created: DateTimeUtc,
    /// Whose it is.
    #[sea_orm(column_type = "Text")]
    pub owner_id: String,
    /// Which change the row was last part of.
    pub changed: i64,
    /// The entry.
    #[sea_orm(belongs_to, from = "entry_id", to = "id")]
    pub entry: BelongsTo<super::entries::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
