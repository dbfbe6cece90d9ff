//! What a store is connected to, and beginning work on it.

use std::fmt::Write as _;

use sea_orm::sqlx::sqlite::SqlitePool;
use sea_orm::sqlx::{AssertSqlSafe, PgPool};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqlxPostgresConnector,
    SqlxSqliteConnector, Statement,
};

use tokio::sync::OnceCell;

use super::feed::Feed;
use super::open::{Open, query_error};
use super::writers::Writers;
use super::{Condition, Dialect, OpenFile, Visibility, condition_of};
use crate::store::{Access, Fault};

/// The pools of a store.
pub(in crate::store) enum Connections {
    /// Many that read a file, and the one that writes it.
    Sqlite {
        /// Readers, for transactions.
        read: SqlitePool,
        /// The same readers, for single statements.
        glance: DatabaseConnection,
        /// The writer, and those who wait for it.
        writers: Writers,
        /// Word of changes.
        feed: Feed,
    },
    /// One pool for everything.
    Postgres {
        /// The pool, for transactions.
        pool: PgPool,
        /// The same pool, for single statements.
        plain: DatabaseConnection,
        /// Word of changes.
        feed: Feed,
        /// Whether there is the column that indexes of vectors are made of, once that was asked.
        has_nearest: OnceCell<bool>,
    },
}

impl Connections {
    pub(in crate::store) fn sqlite(read: SqlitePool, write: SqlitePool, file: OpenFile) -> Self {
        Self::Sqlite {
            glance: SqlxSqliteConnector::from_sqlx_sqlite_pool(read.clone()),
            read,
            writers: Writers::new(write, file),
            feed: Feed::within_the_process(),
        }
    }

    pub(in crate::store) fn postgres(pool: PgPool) -> Self {
        Self::Postgres {
            plain: SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()),
            feed: Feed::from_server(pool.connect_options().as_ref().clone()),
            has_nearest: OnceCell::new(),
            pool,
        }
    }

    pub(in crate::store) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// What a single statement runs on where it needs no transaction around it.
    pub(in crate::store) fn without_beginning(&self, access: Access) -> Option<Open> {
        match (self, access) {
            (Self::Sqlite { glance, .. }, Access::Glance) => Some(Open::Pool(glance.clone())),
            _ => None,
        }
    }

    /// Begins a transaction.
    ///
    /// SQLite: writers take the lock at once, because a transaction that starts
    /// reading and then wants to write fails whatever the busy timeout. Postgres: the owner is set for this transaction
    /// alone, for row-level security, with the statement that begins it.
    pub(in crate::store) async fn begin(
        &self,
        access: Access,
        visibility: &Visibility,
    ) -> Result<Open, DbErr> {
        match (self, access) {
            (Self::Sqlite { read, .. }, Access::Glance | Access::Read) => {
                let begun = read.begin_with("BEGIN DEFERRED").await;
                begun.map(Open::sqlite).map_err(query_error)
            }
            (Self::Sqlite { writers, .. }, Access::Write) => {
                writers.begin().await.map(Open::Writer)
            }
            (Self::Postgres { pool, .. }, _) => begin_postgres(pool, visibility).await,
        }
    }

    /// Word of changes.
    pub(in crate::store) fn feed(&self) -> &Feed {
        match self {
            Self::Sqlite { feed, .. } | Self::Postgres { feed, .. } => feed,
        }
    }

    /// Checks that the database answers.
    pub(in crate::store) async fn ping(&self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite { glance, .. } => glance.ping().await,
            Self::Postgres { plain, .. } => plain.ping().await,
        }
    }

    /// Says why the role passes row-level security, if it does.
    pub(in crate::store) async fn row_security_bypass(&self) -> Result<Option<String>, DbErr> {
        let Self::Postgres { plain, .. } = self else {
            return Ok(None);
        };
        let statement = Statement::from_string(
            DbBackend::Postgres,
            "SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)",
        );
        let row = plain.query_one_raw(statement).await?;
        let role: Option<String> = row.map(|row| row.try_get("", "rolname")).transpose()?;

        Ok(role.map(|role| {
            format!("the role `{role}` is a superuser or has BYPASSRLS: connect as a plain role")
        }))
    }

    /// Closes every connection.
    pub(in crate::store) async fn close(&self) {
        match self {
            Self::Sqlite { read, writers, .. } => {
                // The writer last: it leaves the file without its write-ahead log.
                read.close().await;
                writers.close().await;
            }
            Self::Postgres { pool, feed, .. } => {
                feed.close().await;
                pool.close().await;
            }
        }
    }
}

/// A server that was restarted leaves broken connections in the pool. Nothing has happened on one that breaks while a
/// transaction begins, so another is tried, as long as there can be broken ones left.
async fn begin_postgres(pool: &PgPool, visibility: &Visibility) -> Result<Open, DbErr> {
    let unreachable = Condition::Faulty(Fault::Unreachable);
    let mut tries = pool.options().get_max_connections();

    loop {
        let statement = AssertSqlSafe(visibility.begin_statement());
        match pool.begin_with(statement).await.map_err(query_error) {
            Ok(transaction) => return Ok(Open::postgres(transaction)),
            Err(error) if tries == 0 || condition_of(&error) != unreachable => return Err(error),
            Err(_) => tries -= 1,
        }
    }
}

impl Visibility {
    /// Begins a transaction that sees these rows, in one exchange with the server.
    ///
    /// A statement that begins takes no bound values, so the owner is written as the digits of its bytes: no text can
    /// break out of that.
    fn begin_statement(&self) -> String {
        match self {
            Self::Owner(owner) => {
                let mut digits = String::with_capacity(2 * owner.len());
                for byte in owner.bytes() {
                    let _ = write!(digits, "{byte:02x}"); // writing to a text cannot fail
                }
                format!(
                    "BEGIN; SELECT set_config('app.current_user', convert_from('\\x{digits}', 'UTF8'), true)"
                )
            }
            Self::Everyone => "BEGIN; SELECT set_config('app.maintenance', 'on', true)".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_stands_in_the_statement_as_digits_only() {
        let statement = Visibility::Owner("x'); DROP".to_owned()).begin_statement();

        assert_eq!(
            statement,
            r"BEGIN; SELECT set_config('app.current_user', convert_from('\x7827293b2044524f50', 'UTF8'), true)"
        );
    }
}
