//! Tags of entries, one a row, kept by triggers from `entries.tags`.

use sea_orm::entity::prelude::*;

/// One tag of an entry; a tag given twice is here once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry_tags")]
pub struct Model {
    /// The entry.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub entry_id: String,
    /// The tag, exactly as given.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub tag: String,
    /// Whose it is.
    #[sea_orm(column_type = "Text")]
    pub owner_id: String,
    /// When the entry was last touched.
    pub touched: DateTimeUtc,
    /// When the entry was put into the trash; NULL is active.
    pub deleted: Option<DateTimeUtc>,
    /// The entry.
    #[sea_orm(belongs_to, from = "entry_id", to = "id")]
    pub entry: BelongsTo<super::entries::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
