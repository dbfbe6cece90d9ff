//! What statements run on: a transaction of either database, or any connection of a pool.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, AssertSqlSafe, Database, Postgres, Sqlite, Transaction};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    Statement,
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::Mutex;

use super::writers::WriterTransaction;

/// An open transaction, or a pool for a single statement.
pub(in crate::store) enum Open {
    /// Any connection; each statement sees a state of its own.
    Pool(DatabaseConnection),
    /// A reader of a SQLite file.
    Sqlite(Mutex<Transaction<'static, Sqlite>>),
    /// The writer of a SQLite file.
    Writer(WriterTransaction),
    /// A transaction of a Postgres server.
    Postgres(Mutex<Transaction<'static, Postgres>>),
}

impl Open {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>) -> Self {
        Self::Sqlite(Mutex::new(transaction))
    }

    pub(super) fn postgres(transaction: Transaction<'static, Postgres>) -> Self {
        Self::Postgres(Mutex::new(transaction))
    }

    /// Hands over the rows of a query one by one, so that many do not fill the memory.
    pub(in crate::store) async fn for_each_row(
        &self,
        statement: Statement,
        mut each: impl FnMut(QueryResult) + Send,
    ) -> Result<(), DbErr> {
        match self {
            Self::Pool(_) | Self::Writer(_) => {
                self.query_all_raw(statement)
                    .await?
                    .into_iter()
                    .for_each(each);
            }
            Self::Sqlite(transaction) => {
                let mut transaction = transaction.lock().await;
                let mut rows = driver_query(&statement).fetch(&mut **transaction);
                while let Some(row) = rows.try_next().await.map_err(query_error)? {
                    each(row.into());
                }
            }
            Self::Postgres(transaction) => {
                let mut transaction = transaction.lock().await;
                let mut rows = driver_query(&statement).fetch(&mut **transaction);
                while let Some(row) = rows.try_next().await.map_err(query_error)? {
                    each(row.into());
                }
            }
        }

        Ok(())
    }

    /// Makes every change permanent.
    pub(in crate::store) async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Pool(_) => Ok(()),
            Self::Sqlite(transaction) => {
                transaction.into_inner().commit().await.map_err(exec_error)
            }
            Self::Writer(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => {
                transaction.into_inner().commit().await.map_err(exec_error)
            }
        }
    }
}

/// The driver's error as the query builder's, for a statement that changes something.
pub(super) fn exec_error(error: impl Into<Arc<sqlx::Error>>) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

/// The driver's error as the query builder's, for a statement that reads.
pub(super) fn query_error(error: impl Into<Arc<sqlx::Error>>) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

/// A statement as the driver wants it.
pub(super) fn driver_query<DB: Database>(statement: &Statement) -> Query<'_, DB, SqlxValues>
where
    SqlxValues: sqlx::IntoArguments<DB>,
{
    let values = statement.values.clone().unwrap_or(Values(Vec::new()));

    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

#[async_trait]
impl ConnectionTrait for Open {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool) => pool.get_database_backend(),
            Self::Sqlite(_) | Self::Writer(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_raw(statement).await,
            Self::Sqlite(transaction) => {
                let mut transaction = transaction.lock().await;
                let done = driver_query(&statement).execute(&mut **transaction).await;
                done.map(ExecResult::from).map_err(exec_error)
            }
            Self::Writer(transaction) => transaction.execute(&statement).await,
            Self::Postgres(transaction) => {
                let mut transaction = transaction.lock().await;
                let done = driver_query(&statement).execute(&mut **transaction).await;
                done.map(ExecResult::from).map_err(exec_error)
            }
        }
    }

    async fn execute_unprepared(&self, statement: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(
            self.get_database_backend(),
            statement,
        ))
        .await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_all_raw(statement).await,
            Self::Sqlite(transaction) => {
                let mut transaction = transaction.lock().await;
                let rows = driver_query(&statement).fetch_all(&mut **transaction).await;
                rows.map(into_results).map_err(query_error)
            }
            Self::Writer(transaction) => transaction.query(&statement).await,
            Self::Postgres(transaction) => {
                let mut transaction = transaction.lock().await;
                let rows = driver_query(&statement).fetch_all(&mut **transaction).await;
                rows.map(into_results).map_err(query_error)
            }
        }
    }
}

pub(super) fn into_results<R: Into<QueryResult>>(rows: Vec<R>) -> Vec<QueryResult> {
    rows.into_iter().map(Into::into).collect()
}
