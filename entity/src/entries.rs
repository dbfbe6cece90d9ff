//! The envelope every kind of entry lives in.

use sea_orm::entity::prelude::*;

/// One entry.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entries")]
pub struct Model {
    /// UUID version 7 as text for entries made here; any text for adopted and seeded ones.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub id: String,
    /// One of the ten kinds, for example `note`.
    #[sea_orm(column_name = "type", column_type = "Text")]
    pub entry_type: String,
    /// What the entry is about; empty for suppressions and patterns that hold everywhere.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// When it was made, UTC, to the microsecond.
    pub created: DateTimeUtc,
    /// When it was last changed; NULL until then.
    pub updated: Option<DateTimeUtc>,
    /// When it expires; NULL is never. In the trash: when it is purged.
    pub expires: Option<DateTimeUtc>,
    /// When it was put into the trash; NULL is active.
    pub deleted: Option<DateTimeUtc>,
    /// A JSON array of strings, in the order given.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    /// A JSON object whose keys depend on the kind.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// The name the entry is updated by, unique among active entries of an owner and source.
    #[sea_orm(column_type = "Text", nullable)]
    pub logical_key: Option<String>,
    /// Whose it is.
    #[sea_orm(column_type = "Text")]
    pub owner_id: String,
    /// Name of a text-analysis configuration; `simple` where none is known.
    #[sea_orm(column_type = "Text")]
    pub language: String,
    /// Whether the caller gave the language.
    pub is_language_given: bool,
    /// When it was read.
    #[sea_orm(has_many)]
    pub reads: HasMany<super::reads::Entity>,
    /// What was done because of it.
    #[sea_orm(has_many)]
    pub actions: HasMany<super::actions::Entity>,
    /// Its vectors, one a model.
    #[sea_orm(has_many)]
    pub embeddings: HasMany<super::embeddings::Entity>,
    /// Its tags, one a row.
    #[sea_orm(has_many)]
    pub entry_tags: HasMany<super::entry_tags::Entity>,
    /// The entries it refers to.
    #[sea_orm(has_many)]
    pub entry_links: HasMany<super::entry_links::Entity>,
    /// How often it was read.
    #[sea_orm(has_one)]
    pub read_count: HasOne<super::read_counts::Entity>,
    /// The words it is found by.
    #[sea_orm(has_one)]
    pub words: HasOne<super::entry_words::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
