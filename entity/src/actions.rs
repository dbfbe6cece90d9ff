//! The log of actions: what was done because of an entry.

use sea_orm::entity::prelude::*;

/// One action taken on an entry.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "actions")]
pub struct Model {
    /// Counts up, never reused.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The entry it was about.
    #[sea_orm(column_type = "Text")]
    pub entry_id: String,
    /// When, UTC.
    pub timestamp: DateTimeUtc,
    /// Name of the client, if it gave one.
    #[sea_orm(column_type = "Text", nullable)]
    pub platform: Option<String>,
    /// What was done.
    #[sea_orm(column_type = "Text")]
    pub action: String,
    /// More about it.
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
    /// A JSON array of strings: the entry's tags at the time, unless others were given.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    /// Whose it is.
    #[sea_orm(column_type = "Text")]
    pub owner_id: String,
    /// The entry.
    #[sea_orm(belongs_to, from = "entry_id", to = "id")]
    pub entry: BelongsTo<super::entries::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
