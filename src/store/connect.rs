//! Opening the pools. Settings of a connection are given to the driver, so that every pooled connection has them.

use std::path::Path;
use std::time::Duration;

use migration::{DatabaseUrl, Server};
use sea_orm::sqlx::postgres::{PgConnection, PgPoolOptions};
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _, PgPool};
use tokio::time::timeout;

use super::dialect::{BUSY_TIMEOUT, Connections, OpenFile};

/// Connections that read a SQLite file; each has its own thread.
const SQLITE_READERS: u32 = 4;

/// Connections to a Postgres server.
const POSTGRES_CONNECTIONS: u32 = 10;

/// How long a caller waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may rest before it is tested on its next use.
const TRUSTED_FOR: Duration = Duration::from_secs(5);

/// Prepared statements kept a connection.
const STATEMENTS: usize = 256;

pub(super) async fn open(url: &DatabaseUrl) -> Result<Connections, sqlx::Error> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let write = sqlite(sqlite_options(path), 1).await?;
            let read = sqlite_options(path).pragma("query_only", "ON");

            let read = sqlite(read, SQLITE_READERS).await?;

            Ok(Connections::sqlite(read, write, OpenFile::at(path)?))
        }
        DatabaseUrl::Postgres(server) => {
            knock(server).await?;

            Ok(Connections::postgres(postgres(server).await?))
        }
    }
}

/// Statements, and with them the text of memories, stay out of the log.
fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
}

async fn sqlite(
    options: SqliteConnectOptions,
    connections: u32,
) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
}

async fn postgres(server: &Server) -> Result<PgPool, sqlx::Error> {
    let options = server
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
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();

    PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for > TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
}

/// Connects once, for the reason if that fails: a pool tries for long and then only says that it waited.
async fn knock(server: &Server) -> Result<(), sqlx::Error> {
    let connecting = PgConnection::connect_with(&server.options);

    match timeout(server.connect_timeout, connecting).await {
        Ok(connected) => connected?.close().await,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
