//! One migrator at a time: an advisory lock on Postgres, a file lock beside a SQLite file.
//!
//! Both are tried and tried again rather than waited for, so that a migrator that hangs is reported by name.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use tokio::time::{Instant, sleep};

use crate::runner::MigrateError;

/// How long to wait for another migrator.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// Key of the advisory lock: the bytes of `awarenes` read as a number.
const ADVISORY_KEY: i64 = i64::from_be_bytes(*b"awarenes");

/// Waits between two tries, doubling up to a second.
pub(crate) struct BackOff {
    deadline: Instant,
    pause: Duration,
}

impl BackOff {
    pub(crate) fn new() -> Self {
        Self {
            deadline: Instant::now() + PATIENCE,
            pause: Duration::from_millis(10),
        }
    }

    pub(crate) async fn wait(&mut self) -> Result<(), MigrateError> {
        if Instant::now() >= self.deadline {
            return Err(MigrateError::Locked);
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Duration::from_secs(1));

        Ok(())
    }
}

/// Tries to take the advisory lock for the rest of the transaction.
pub(crate) async fn try_advisory(transaction: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let statement = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_try_advisory_xact_lock($1) AS taken",
        [ADVISORY_KEY.into()],
    );
    let row = transaction.query_one_raw(statement).await?;

    row.map_or(Ok(false), |row| row.try_get("", "taken"))
}

/// Takes the lock file beside a SQLite file; dropping the handle releases it.
pub(crate) async fn lock_file(database: &Path) -> Result<File, MigrateError> {
    let path = beside(database, "-migrating");
    let failed = |source| MigrateError::LockFile {
        path: path.clone(),
        source,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed)?;

    let mut back_off = BackOff::new();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => back_off.wait().await?,
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
}

/// The path of a file that belongs to a database file: the same name with something behind it.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);

    PathBuf::from(name)
}
