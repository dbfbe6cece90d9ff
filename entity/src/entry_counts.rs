//! How many active entries an owner has by type, source and tag: derived from `entries` and kept by triggers.

use sea_orm::entity::prelude::*;

/// A part of one count; the parts of a name add up.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry_counts")]
pub struct Model {
    /// Whose entries.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub owner_id: String,
    /// `type`, `source` or `tag`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub kind: String,
    /// Which type, source or tag.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub name: String,
    /// Who counted: 0 for what was put together, else a transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub slot: i64,
    /// How many; a part may be negative.
    pub count: i64,
}

impl ActiveModelBehavior for ActiveModel {}
