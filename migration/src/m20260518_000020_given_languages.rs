//! Tells a language that the caller gave from one that was detected: only the latter follows the text.
//!
//! Of the entries that are there already nobody knows; their language counts as detected.

use sea_orm_migration::prelude::*;

use crate::sql;

pub(crate) struct GivenLanguages;

crate::step::step!(
    GivenLanguages,
    "m20260518_000020_given_languages",
    adds "whether the language of an entry was given",
    down drops "whether the language of an entry was given; no language"
);

#[async_trait::async_trait]
impl MigrationTrait for GivenLanguages {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = "ALTER TABLE entries ADD COLUMN is_language_given BOOLEAN NOT NULL DEFAULT FALSE";

        sql::run(manager, &[add]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(
            manager,
            &["ALTER TABLE entries DROP COLUMN is_language_given"],
        )
        .await
    }
}
