//! Which entries an entry refers to, one a row, kept by triggers from `data.related_ids`.

use sea_orm::entity::prelude::*;

/// One reference of an entry.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry_links")]
pub struct Model {
    /// The entry that refers.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub entry_id: String,
    /// The entry it refers to, which may not exist.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub related_id: String,
    /// Whose it is.
    #[sea_orm(column_type = "Text")]
    pub owner_id: String,
    /// The entry that refers.
    #[sea_orm(belongs_to, from = "entry_id", to = "id")]
    pub entry: BelongsTo<super::entries::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
