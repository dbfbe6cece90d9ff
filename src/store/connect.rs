//! Opening the pools. Settings of a connection are given to the driver, so that every pooled connection has them.

use std::path::Path;
use std::time::Duration;

use migration::{DatabaseUrl, Server};
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr};
use tokio::time::timeout;

use super::dialect::{BUSY_TIMEOUT, Dialect};

/// Connections that read a SQLite file; each has its own thread.
const SQLITE_READERS: u32 = 4;

/// Connections to a Postgres server.
const POSTGRES_CONNECTIONS: u32 = 10;

/// Prepared statements kept a connection.
const STATEMENTS: usize = 256;

pub(super) async fn open(
    url: &DatabaseUrl,
) -> Result<(DatabaseConnection, DatabaseConnection, Dialect), DbErr> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let write = sqlite(path, 1, |options| options).await?;
            let read = sqlite(path, SQLITE_READERS, |options| {
                options.pragma("query_only", "ON")
            });

            Ok((read.await?, write, Dialect::Sqlite))
        }
        DatabaseUrl::Postgres(server) => {
            knock(server).await?;
            let pool = postgres(server).await?;

            Ok((pool.clone(), pool, Dialect::Postgres))
        }
    }
}

async fn sqlite(
    path: &Path,
    connections: u32,
    adapt: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> Result<DatabaseConnection, DbErr> {
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://");
    quiet(&mut options)
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .filename(&path)
                .in_memory(false)
                .create_if_missing(false)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
                .statement_cache_capacity(STATEMENTS);
            adapt(sqlite)
        });

    Database::connect(options).await
}

/// Connects once, for the reason if that fails: a pool tries for long and then only says that it waited.
async fn knock(server: &Server) -> Result<(), DbErr> {
    let connecting = PgConnection::connect_with(&server.options);
    let refused = match timeout(server.connect_timeout, connecting).await {
        Ok(Ok(connection)) => connection.close().await,
        Ok(Err(error)) => Err(error),
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    };

    refused.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))
}

async fn postgres(server: &Server) -> Result<DatabaseConnection, DbErr> {
    let driver = server
        .options
        .clone()
        // Every query walks an index whatever the values, so planning it anew for each set of values buys nothing and
        // costs several times the query. A plan made while a table was small must not read all of it later.
        .options([
            ("timezone", "UTC"),
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("jit", "off"),
        ])
        .statement_cache_capacity(STATEMENTS);
    let mut options = ConnectOptions::new("postgres://localhost");
    quiet(&mut options)
        .max_connections(POSTGRES_CONNECTIONS)
        .min_connections(1)
        .connect_timeout(server.connect_timeout)
        .test_before_acquire_if_idle_for(Duration::from_secs(5))
        .map_sqlx_postgres_opts(move |_| driver.clone());

    Database::connect(options).await
}

/// Keeps statements, and with them the text of memories, out of logs and traces.
fn quiet(options: &mut ConnectOptions) -> &mut ConnectOptions {
    options
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
}
