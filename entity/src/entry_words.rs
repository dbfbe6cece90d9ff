//! The words an entry is found by: derived from it, and can be computed again.

use sea_orm::entity::prelude::*;

/// The analysed text of one entry.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry_words")]
pub struct Model {
    /// Stays the same for the life of the row, unlike SQLite's own row numbers.
    #[sea_orm(primary_key)]
    pub key: i64,
    /// The entry.
    #[sea_orm(unique, column_type = "Text")]
    pub entry_id: String,
    /// Whose it is.
    #[sea_orm(column_type = "Text")]
    pub owner_id: String,
    /// The terms, each with a blank before and after it: `term`, or `term^weight` where it weighs more than 1.
    #[sea_orm(column_type = "Text")]
    pub terms: String,
    /// How many words the entry has, weighted like its terms.
    pub length: i32,
    /// Which analysis made the terms; 0 is none.
    pub analysis: i32,
    /// Which change the row was last part of.
    pub changed: i64,
    /// The entry.
    #[sea_orm(belongs_to, from = "entry_id", to = "id")]
    pub entry: BelongsTo<super::entries::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
