//! The copy of a SQLite file that is written, and verified, before the file is migrated.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use crate::lock::beside;
use crate::runner::{self, MigrateError};

/// Tables whose rows the copy must hold, as far as the file has them.
const TABLES: [&str; 5] = ["entries", "reads", "actions", "embeddings", "users"];

/// Copies the file if it holds rows, and returns where the copy is.
///
/// `held` is the connection whose transaction keeps other writers out, so that the copy is exactly the state that is
/// about to be migrated; the copy itself is made by a second connection.
pub(crate) async fn before_migrating(
    database: &Path,
    held: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Option<PathBuf>, MigrateError> {
    let rows = count_rows(held).await?;
    if rows.iter().all(|(_, rows)| *rows == 0) {
        return Ok(None);
    }

    let copy = beside(
        database,
        &format!(".backup-{}", now.format("%Y%m%dT%H%M%S%3fZ")),
    );
    let failed = |reason: String| MigrateError::Backup {
        path: copy.clone(),
        reason,
    };

    let reader = runner::connect_sqlite(database, runner::Create::Never).await?;
    let written = vacuum_into(&reader, &copy).await;
    reader.close().await?;
    written.map_err(|error| failed(error.to_string()))?;

    let copied = runner::connect_sqlite(&copy, runner::Create::Never).await?;
    let verified = verify(&copied, &rows).await;
    copied.close().await?;
    verified.map_err(|error| failed(error.to_string()))?;
    secure(database, &copy).map_err(|error| failed(error.to_string()))?;

    Ok(Some(copy))
}

async fn vacuum_into(reader: &DatabaseConnection, copy: &Path) -> Result<(), DbErr> {
    let Some(path) = copy.to_str() else {
        return Err(DbErr::Custom("the path is not valid UTF-8".to_owned()));
    };
    let statement =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [path.into()]);
    reader.execute_raw(statement).await?;

    Ok(())
}

async fn verify(copy: &DatabaseConnection, expected: &[(&str, i64)]) -> Result<(), DbErr> {
    let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check");
    let verdict: Option<String> = match copy.query_one_raw(check).await? {
        Some(row) => row.try_get_by_index(0)?,
        None => None,
    };
    if verdict.as_deref() != Some("ok") {
        return Err(DbErr::Custom(
            "the copy fails its integrity check".to_owned(),
        ));
    }
    if count_rows(copy).await? != expected {
        return Err(DbErr::Custom(
            "the copy lacks rows of the original".to_owned(),
        ));
    }

    Ok(())
}

async fn count_rows(connection: &impl ConnectionTrait) -> Result<Vec<(&'static str, i64)>, DbErr> {
    let mut counts = Vec::new();
    for table in TABLES {
        let exists = Statement::from_sql_and_values(
            DbBackend::Sqlite,
            "SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = $1",
            [table.into()],
        );
        if connection.query_one_raw(exists).await?.is_none() {
            continue;
        }
        let count = Statement::from_string(
            DbBackend::Sqlite,
            format!("SELECT COUNT(*) AS n FROM {table}"),
        );
        let rows = match connection.query_one_raw(count).await? {
            Some(row) => row.try_get("", "n")?,
            None => 0,
        };
        counts.push((table, rows));
    }

    Ok(counts)
}

/// Gives the copy the original's permissions and makes sure it has reached the disk.
fn secure(database: &Path, copy: &Path) -> std::io::Result<()> {
    fs::set_permissions(copy, fs::metadata(database)?.permissions())?;

    File::open(copy)?.sync_all()
}
