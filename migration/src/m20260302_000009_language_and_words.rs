//! Gives every entry a language, and the words it can be found by.
//!
//! `entries.language` is the name of a text-analysis configuration, stored as text. `entry_words` holds one row an
//! entry: the terms the application analysed, and an integer key that stays the same when SQLite vacuums. Text is
//! analysed in Rust so that both databases index the same terms; the row is derived and can be computed again.

use sea_orm_migration::{prelude::*, schema::text};

use crate::{m20260209_000006_row_level_security as row_level_security, sql};

const LANGUAGES: &str = "'simple', 'arabic', 'armenian', 'basque', 'catalan', 'danish', 'dutch', 'english', 'finnish', \
                         'french', 'german', 'greek', 'hindi', 'hungarian', 'indonesian', 'irish', 'italian', \
                         'lithuanian', 'nepali', 'norwegian', 'portuguese', 'romanian', 'russian', 'serbian', \
                         'spanish', 'swedish', 'tamil', 'turkish', 'yiddish'";

pub(crate) struct LanguageAndWords;

crate::step::step!(
    LanguageAndWords,
    "m20260302_000009_language_and_words",
    adds "the language of entries and the words they are found by",
    down drops "the language of entries, and their words, which can be computed again"
);

#[async_trait::async_trait]
impl MigrationTrait for LanguageAndWords {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let language = format!(
            r"
            ALTER TABLE entries
            ADD COLUMN language TEXT NOT NULL DEFAULT 'simple'
            CHECK (language IN ({LANGUAGES}))"
        );
        let index = r"
            CREATE INDEX idx_entries_language
            ON entries (language)
            WHERE language <> 'simple'";
        sql::run(manager, &[&language, index]).await?;

        manager.create_table(words_table()).await?;
        sql::run(
            manager,
            &["CREATE INDEX idx_entry_words_owner ON entry_words (owner_id, key)"],
        )
        .await?;
        if sql::is_postgres(manager) {
            row_level_security::protect(manager, "entry_words").await?;
        }

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(
            manager,
            &[
                "DROP TABLE entry_words",
                "DROP INDEX idx_entries_language",
                "ALTER TABLE entries DROP COLUMN language",
            ],
        )
        .await
    }
}

fn words_table() -> TableCreateStatement {
    Table::create()
        .table("entry_words")
        .col(
            ColumnDef::new("key")
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(text("entry_id").unique_key())
        .col(text("owner_id").check(Expr::cust("owner_id <> ''")))
        .col(text("terms"))
        .foreign_key(
            ForeignKey::create()
                .from("entry_words", "entry_id")
                .to("entries", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
