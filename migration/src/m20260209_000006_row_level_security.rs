//! Puts row-level security behind the owner predicate on Postgres. On SQLite there is no such thing and the step does
//! nothing: there the predicate of the store is the only lock.
//!
//! The policies compare `owner_id` with the setting `app.current_user`, which a transaction sets for itself. It is
//! FORCED, because the server's role usually owns the tables and would otherwise pass every policy. `maintenance`
//! opens all owners to a transaction that asks for it by name, for work that has no owner, such as emptying the trash.

use sea_orm_migration::prelude::*;

use crate::sql;

const TABLES: [&str; 4] = ["entries", "reads", "actions", "embeddings"];

pub(crate) struct RowLevelSecurity;

crate::step::step!(
    RowLevelSecurity,
    "m20260209_000006_row_level_security",
    adds "row-level security (Postgres)",
    down drops "the row-level security policies (Postgres); no row"
);

#[async_trait::async_trait]
impl MigrationTrait for RowLevelSecurity {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            for table in TABLES {
                protect(manager, table).await?;
            }
        }

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if sql::is_postgres(manager) {
            for table in TABLES {
                expose(manager, table).await?;
            }
        }

        Ok(())
    }
}

/// Forces row-level security on a table: an owner's rows for that owner, every row for maintenance.
pub(crate) async fn protect(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let owned = "owner_id = current_setting('app.current_user', true)";
    let maintenance = "current_setting('app.maintenance', true) = 'on'";

    sql::run(
        manager,
        &[
            &format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
            &format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
            &format!("DROP POLICY IF EXISTS owner_isolation ON {table}"),
            &format!("DROP POLICY IF EXISTS owner_insert ON {table}"),
            &format!("DROP POLICY IF EXISTS maintenance ON {table}"),
            &format!(
                "CREATE POLICY owner_isolation ON {table} USING ({owned}) WITH CHECK ({owned})"
            ),
            &format!("CREATE POLICY owner_insert ON {table} FOR INSERT WITH CHECK ({owned})"),
            &format!(
                "CREATE POLICY maintenance ON {table} USING ({maintenance}) WITH CHECK ({maintenance})"
            ),
        ],
    )
    .await
}

async fn expose(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    sql::run(
        manager,
        &[
            &format!("DROP POLICY maintenance ON {table}"),
            &format!("DROP POLICY owner_insert ON {table}"),
            &format!("DROP POLICY owner_isolation ON {table}"),
            &format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
            &format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
        ],
    )
    .await
}
