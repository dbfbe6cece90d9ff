//! The log of reads: one row an entry and call.

use sea_orm::entity::prelude::*;

/// One read of an entry.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reads")]
pub struct Model {
    /// Counts up, never reused.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The entry that was read.
    #[sea_orm(column_type = "Text")]
    pub entry_id: String,
    /// When, UTC.
    pub timestamp: DateTimeUtc,
    /// Name of the client, if it gave one.
    #[sea_orm(column_type = "Text", nullable)]
    pub platform: Option<String>,
    /// Name of the tool that returned the entry.
    #[sea_orm(column_type = "Text", nullable)]
    pub tool_used: Option<String>,
    /// Whose it is.
    #[sea_orm(column_type = "Text")]
    pub owner_id: String,
    /// The entry.
    #[sea_orm(belongs_to, from = "entry_id", to = "id")]
    pub entry: BelongsTo<super::entries::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
