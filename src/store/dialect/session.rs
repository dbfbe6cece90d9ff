//! How a transaction begins, and whose rows it sees.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::time::Instant;

use super::{Condition, Dialect, condition_of};
use crate::store::Access;

/// How long a writer waits for another before it gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose rows a transaction sees.
pub(in crate::store) enum Visibility {
    /// One owner's.
    Owner(String),
    /// Every owner's.
    Everyone,
}

impl Dialect {
    /// Whether statements for this need a transaction around them. On Postgres they always do: the owner is set for the
    /// length of one.
    pub(in crate::store) fn needs_transaction(self, access: Access) -> bool {
        match self {
            Self::Sqlite => access != Access::Glance,
            Self::Postgres => true,
        }
    }

    /// Begins a transaction.
    ///
    /// SQLite: a writer takes the lock at once, because a transaction that starts reading and then wants to write fails
    /// whatever the busy timeout; a lock that is held is waited for. Postgres: the owner is set for this transaction
    /// alone, for row-level security.
    pub(in crate::store) async fn begin(
        self,
        pool: &DatabaseConnection,
        access: Access,
        visibility: &Visibility,
    ) -> Result<DatabaseTransaction, DbErr> {
        match self {
            Self::Sqlite => begin_sqlite(pool, access).await,
            Self::Postgres => begin_postgres(pool, visibility).await,
        }
    }

    /// Says why the role passes row-level security, if it does.
    pub(in crate::store) async fn row_security_bypass(
        self,
        pool: &DatabaseConnection,
    ) -> Result<Option<String>, DbErr> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres => {
                let statement = Statement::from_string(
                    DbBackend::Postgres,
                    "SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)",
                );
                let row = pool.query_one_raw(statement).await?;
                let role: Option<String> = row.map(|row| row.try_get("", "rolname")).transpose()?;

                Ok(role.map(|role| {
                    format!(
                        "the role `{role}` is a superuser or has BYPASSRLS: connect as a plain role"
                    )
                }))
            }
        }
    }
}

async fn begin_sqlite(
    pool: &DatabaseConnection,
    access: Access,
) -> Result<DatabaseTransaction, DbErr> {
    let mode = match access {
        Access::Glance | Access::Read => SqliteTransactionMode::Deferred,
        Access::Write => SqliteTransactionMode::Immediate,
    };
    let deadline = Instant::now() + PATIENCE;

    loop {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(mode),
            ..TransactionOptions::default()
        };
        match pool.begin_with_options(options).await {
            Err(error) if condition_of(&error) == Condition::Busy && Instant::now() < deadline => {}
            begun => return begun,
        }
    }
}

async fn begin_postgres(
    pool: &DatabaseConnection,
    visibility: &Visibility,
) -> Result<DatabaseTransaction, DbErr> {
    let transaction = pool.begin().await?;
    let setting = match visibility {
        Visibility::Owner(owner) => Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT set_config('app.current_user', $1, true)",
            [owner.as_str().into()],
        ),
        Visibility::Everyone => Statement::from_string(
            DbBackend::Postgres,
            "SELECT set_config('app.maintenance', 'on', true)",
        ),
    };
    transaction.execute_raw(setting).await?;

    Ok(transaction)
}
