//! The founding change: every row has an owner.
//!
//! `owner_id` joins entries, reads, actions and embeddings, filled with the default owner and NOT NULL, and keeps a
//! column default, so that an INSERT that names no owner works. `users` is created with the default owner's row;
//! `owner_id` deliberately does not refer to it, because data may exist before its user does. The logical key becomes
//! unique per owner, and the indexes without an owner give way to indexes that start with it.
//!
//! Every row of every table survives, content untouched. The step can be repeated on a database that has part of it.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, json_binary, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null,
    },
};

use crate::{m20260119_000004_logical_key as logical_key, sql};

const TABLES: [&str; 4] = ["entries", "reads", "actions", "embeddings"];

pub(crate) struct Owner {
    default_owner: String,
}

impl Owner {
    pub(crate) fn new(default_owner: &str) -> Self {
        Self {
            default_owner: default_owner.to_owned(),
        }
    }
}

crate::step::step!(
    Owner,
    "m20260202_000005_owner",
    adds "an owner for every row, and the table of users",
    down drops "who owns which row, and the table of users with every row; entries stay"
);

#[async_trait::async_trait]
impl MigrationTrait for Owner {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_users(manager).await?;
        let owner = sql::quote(manager, &self.default_owner);
        for table in TABLES {
            add_owner(manager, table, &owner).await?;
        }
        self.insert_default_user(manager).await?;

        sql::run(
            manager,
            &[
                r"DROP INDEX IF EXISTS idx_entries_source_logical_key",
                r"CREATE UNIQUE INDEX idx_entries_source_logical_key
                  ON entries (owner_id, source, logical_key)
                  WHERE logical_key IS NOT NULL AND deleted IS NULL",
                r"DROP INDEX IF EXISTS idx_entries_type",
                r"DROP INDEX IF EXISTS idx_entries_source",
                r"DROP INDEX IF EXISTS idx_entries_type_source",
                r"CREATE INDEX IF NOT EXISTS idx_entries_owner ON entries (owner_id)",
                r"CREATE INDEX IF NOT EXISTS idx_entries_owner_type ON entries (owner_id, type)",
                r"CREATE INDEX IF NOT EXISTS idx_entries_owner_source ON entries (owner_id, source)",
                r"CREATE INDEX IF NOT EXISTS idx_entries_owner_type_source ON entries (owner_id, type, source)",
                r"CREATE INDEX IF NOT EXISTS idx_reads_owner ON reads (owner_id)",
                r"CREATE INDEX IF NOT EXISTS idx_actions_owner ON actions (owner_id)",
                r"CREATE INDEX IF NOT EXISTS idx_embeddings_owner ON embeddings (owner_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        logical_key::refuse_shared_keys(manager, "two owners share a logical key").await?;

        sql::run(
            manager,
            &[
                r"DROP INDEX idx_entries_source_logical_key",
                r"DROP INDEX idx_entries_owner",
                r"DROP INDEX idx_entries_owner_type",
                r"DROP INDEX idx_entries_owner_source",
                r"DROP INDEX idx_entries_owner_type_source",
                r"DROP INDEX idx_reads_owner",
                r"DROP INDEX idx_actions_owner",
                r"DROP INDEX idx_embeddings_owner",
                r"ALTER TABLE entries DROP COLUMN owner_id",
                r"ALTER TABLE reads DROP COLUMN owner_id",
                r"ALTER TABLE actions DROP COLUMN owner_id",
                r"ALTER TABLE embeddings DROP COLUMN owner_id",
                r"DROP TABLE users",
                r"CREATE INDEX idx_entries_type ON entries (type)",
                r"CREATE INDEX idx_entries_source ON entries (source)",
                r"CREATE INDEX idx_entries_type_source ON entries (type, source)",
                logical_key::WITHOUT_OWNER,
            ],
        )
        .await
    }
}

impl Owner {
    /// Gives the default owner a `users` row with nothing but its id.
    async fn insert_default_user(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        sql::run_with(
            manager,
            r"
            INSERT INTO users (id, created)
            VALUES ($1, $2)
            ON CONFLICT (id) DO NOTHING",
            [self.default_owner.as_str().into(), sql::now().into()],
        )
        .await
    }
}

async fn create_users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut created = timestamp_with_time_zone("created");
    if sql::is_postgres(manager) {
        created.default(Expr::current_timestamp());
    }
    let table = Table::create()
        .table("users")
        .if_not_exists()
        .col(text("id").primary_key().check(Expr::cust("id <> ''")))
        .col(text_null("email"))
        .col(text_null("canonical_email"))
        .col(boolean("email_verified").default(false))
        .col(text_null("phone"))
        .col(boolean("phone_verified").default(false))
        .col(text_null("password_hash"))
        .col(text_null("display_name"))
        .col(text_null("timezone").default("UTC"))
        .col(json_binary("preferences").default("{}"))
        .col(created)
        .col(timestamp_with_time_zone_null("updated"))
        .col(timestamp_with_time_zone_null("deleted"))
        .to_owned();
    manager.create_table(table).await?;

    sql::run(
        manager,
        &["CREATE UNIQUE INDEX IF NOT EXISTS users_canonical_email_key ON users (canonical_email)"],
    )
    .await
}

/// Adds the column, fills it and leaves its default, in that one statement on a table that lacks it.
async fn add_owner(
    manager: &SchemaManager<'_>,
    table: &str,
    quoted_owner: &str,
) -> Result<(), DbErr> {
    if !manager.has_column(table, "owner_id").await? {
        let add = format!(
            r"
            ALTER TABLE {table}
            ADD COLUMN owner_id TEXT NOT NULL DEFAULT {quoted_owner}
            CHECK (owner_id <> '')"
        );
        return sql::run(manager, &[&add]).await;
    }

    let fill = format!("UPDATE {table} SET owner_id = {quoted_owner} WHERE owner_id IS NULL");
    sql::run(manager, &[&fill]).await?;
    if sql::is_postgres(manager) {
        let keep = format!(
            r"
            ALTER TABLE {table}
            ALTER COLUMN owner_id SET DEFAULT {quoted_owner},
            ALTER COLUMN owner_id SET NOT NULL"
        );
        sql::run(manager, &[&keep]).await?;
    }

    Ok(())
}
