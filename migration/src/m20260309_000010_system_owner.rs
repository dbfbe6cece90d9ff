//! Adds the owner `_system`, whose schemas everyone may read.
//!
//! On Postgres one policy a command replaces the single policy on `entries`: with one policy for all commands its
//! reading rule would also decide who may delete or take over a shared schema.

use sea_orm_migration::prelude::*;

use crate::{m20260209_000006_row_level_security as row_level_security, sql};

pub(crate) struct SystemOwner;

crate::step::step!(
    SystemOwner,
    "m20260309_000010_system_owner",
    adds "the owner of shared schemas",
    down drops "the user `_system`, refused while entries belong to it"
);

#[async_trait::async_trait]
impl MigrationTrait for SystemOwner {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run_with(
            manager,
            r"
            INSERT INTO users (id, display_name, created)
            VALUES ('_system', 'System-managed schemas', $1)
            ON CONFLICT (id) DO NOTHING",
            [sql::now().into()],
        )
        .await?;

        if sql::is_postgres(manager) {
            share_system_schemas(manager).await?;
        }

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::see_all_owners(manager).await?;
        let held = sql::text_rows(
            manager,
            "SELECT id FROM entries WHERE owner_id = '_system' ORDER BY id LIMIT 20",
            &["id"],
        )
        .await?;
        if !held.is_empty() {
            let ids: Vec<String> = held.into_iter().flatten().collect();
            return Err(DbErr::Migration(format!(
                "entries belong to `_system`, so it stays; delete them first: {}",
                ids.join(", ")
            )));
        }

        sql::run(manager, &["DELETE FROM users WHERE id = '_system'"]).await?;
        if sql::is_postgres(manager) {
            for policy in ["owner_select", "owner_update", "owner_delete"] {
                sql::run(manager, &[&format!("DROP POLICY {policy} ON entries")]).await?;
            }
            row_level_security::protect(manager, "entries").await?;
        }

        Ok(())
    }
}

async fn share_system_schemas(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    sql::run(
        manager,
        &[
            "DROP POLICY owner_isolation ON entries",
            r"CREATE POLICY owner_select ON entries
              FOR SELECT
              USING (
                  owner_id = current_setting('app.current_user', true)
                  OR (owner_id = '_system' AND type = 'schema')
              )",
            r"CREATE POLICY owner_update ON entries
              FOR UPDATE
              USING (owner_id = current_setting('app.current_user', true))
              WITH CHECK (owner_id = current_setting('app.current_user', true))",
            r"CREATE POLICY owner_delete ON entries
              FOR DELETE
              USING (owner_id = current_setting('app.current_user', true))",
        ],
    )
    .await
}
