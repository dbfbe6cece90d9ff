//! How often each entry was read, none excepted: derived from `entries` and `reads` and kept by triggers.

use sea_orm::entity::prelude::*;

/// The reads of one entry, counted.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "read_counts")]
pub struct Model {
    /// The entry.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub entry_id: String,
    /// Whose it is.
    #[sea_orm(column_type = "Text")]
    pub owner_id: String,
    /// How often it was read.
    pub read_count: i64,
    /// When it was read last; NULL until then.
    pub last_read: Option<DateTimeUtc>,
    /// When the entry was made.
    pub created: DateTimeUtc,
    /// When the entry was put into the trash; NULL is active.
    pub deleted: Option<DateTimeUtc>,
    /// The entry.
    #[sea_orm(belongs_to, from = "entry_id", to = "id")]
    pub entry: BelongsTo<super::entries::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
