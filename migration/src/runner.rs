//! Applies and undoes steps: one migrator at a time, all or nothing, with a copy of a SQLite file first.
//!
//! The whole run is one transaction. Each step is a savepoint inside it, so that a step that fails leaves the database
//! as it was before the run.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigratorTraitSelf, seaql_migrations};

use crate::{DatabaseUrl, Migrator, Server, Step, backup, lock, sql};

/// Which way a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Apply pending steps, oldest first.
    Up,
    /// Undo applied steps, newest first.
    Down,
}

/// Whether connecting may create the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Create {
    Missing,
    Never,
}

/// Why the schema could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The directory of a SQLite file does not exist; nothing is created.
    #[error("the directory `{}` of the SQLite file does not exist: create it or correct the path", .0.display())]
    MissingDirectory(PathBuf),
    /// The database has steps this binary does not know.
    #[error(
        "the schema of {store} is newer than this binary (unknown: {}): upgrade awareness, nothing was changed",
        .unknown.join(", ")
    )]
    Newer {
        /// The store, password hidden.
        store: String,
        /// Names of the steps that are not known here.
        unknown: Vec<String>,
    },
    /// Another migrator held the lock for too long.
    #[error("another migration has been running for {} minutes: wait for it or stop it", lock::PATIENCE.as_secs() / 60)]
    Locked,
    /// The lock file beside a SQLite file could not be used.
    #[error("cannot lock `{}`: {source}", .path.display())]
    LockFile {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The copy before migrating failed, so nothing was migrated.
    #[error("cannot write a verified copy to `{}`, so nothing was migrated: {reason}", .path.display())]
    Backup {
        /// Where the copy should have been.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The database cannot be opened or reached.
    #[error(
        "cannot open {store}: {reason}; check the setting, and that the database is there and can be used"
    )]
    Unreachable {
        /// The store, password hidden.
        store: String,
        /// Why, in the driver's words.
        reason: String,
    },
    /// A step failed; everything is as it was before the run.
    #[error("step {name} failed and was rolled back: {source}")]
    Step {
        /// Name of the step.
        name: String,
        /// Why.
        source: DbErr,
    },
    /// The bookkeeping could not be read or written.
    #[error("the database refused: {0}")]
    Database(#[from] DbErr),
}

/// One step and whether the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStatus {
    /// Name of the step, which is its file's name.
    pub name: String,
    /// What it adds.
    pub summary: &'static str,
    /// Whether it is applied.
    pub applied: bool,
}

/// Where a database stands in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Every step this binary knows, oldest first.
    pub steps: Vec<StepStatus>,
}

impl Status {
    /// Names the newest applied step, which serves as the schema version; `None` on an empty database.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.steps
            .iter()
            .rev()
            .find(|step| step.applied)
            .map(|step| step.name.as_str())
    }

    /// Counts the steps that are not applied.
    #[must_use]
    pub fn pending(&self) -> Pending {
        Pending(self.steps.iter().filter(|step| !step.applied).count())
    }
}

/// How many steps are not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending(pub usize);

/// One step a run has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Name of the step.
    pub name: String,
    /// What it added, or what undoing it dropped.
    pub effect: &'static str,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which way it went.
    pub direction: Direction,
    /// The steps taken, in order.
    pub steps: Vec<Applied>,
    /// The copy of the SQLite file made first, if it held rows.
    pub backup: Option<PathBuf>,
}

impl Report {
    /// Tells a person what happened, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(backup) = &self.backup {
            lines.push(format!("copied the database to {}", backup.display()));
        }
        for Applied { name, effect } in &self.steps {
            lines.push(match self.direction {
                Direction::Up => format!("applied {name}: adds {effect}"),
                Direction::Down => format!("undid {name}: dropped {effect}"),
            });
        }
        lines.push(match (self.direction, self.steps.len()) {
            (Direction::Up, 0) => "nothing to apply: migration complete".to_owned(),
            (Direction::Down, 0) => "nothing to undo".to_owned(),
            (_, count) => format!("{count} steps: migration complete"),
        });

        lines
    }
}

/// Migrates one database.
#[derive(Clone, Debug)]
pub struct Runner {
    url: DatabaseUrl,
    migrator: Migrator,
}

impl Runner {
    /// Prepares the migration of a database; connects to nothing yet.
    #[must_use]
    pub fn new(url: DatabaseUrl, migrator: Migrator) -> Self {
        Self { url, migrator }
    }

    /// Reads which steps are applied. Changes nothing and creates no file.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Newer`], [`MigrateError::MissingDirectory`], [`MigrateError::Unreachable`].
    pub async fn status(&self) -> Result<Status, MigrateError> {
        if let Some(path) = self.url.sqlite_path() {
            check_directory(path)?;
            if is_new(path) {
                return Ok(self.compare(&[]));
            }
        }

        let connection = self.connect().await?;
        let applied = self.read_applied(&connection).await;
        connection.close().await?;

        Ok(self.compare(&applied?))
    }

    /// Applies or undoes up to `steps` steps; all of them by default.
    ///
    /// # Errors
    ///
    /// Any [`MigrateError`]; the database is then as it was.
    pub async fn run(
        &self,
        direction: Direction,
        steps: Option<u32>,
    ) -> Result<Report, MigrateError> {
        let nothing = Report {
            direction,
            steps: Vec::new(),
            backup: None,
        };
        if self
            .plan(direction, steps, &self.status().await?)
            .is_empty()
        {
            return Ok(nothing);
        }

        self.locked(async |transaction| {
            let status = self.compare(&self.read_applied(transaction).await?);
            let plan = self.plan(direction, steps, &status);
            self.take(direction, &plan, transaction).await?;

            Ok(plan
                .into_iter()
                .map(|step| applied(direction, step.as_ref()))
                .collect())
        })
        .await
        .map(|(steps, backup)| Report {
            steps,
            backup,
            ..nothing
        })
    }

    /// Drops every table of ours with its rows, and builds the schema anew.
    ///
    /// # Errors
    ///
    /// Any [`MigrateError`]; the database is then as it was.
    pub async fn fresh(&self) -> Result<Report, MigrateError> {
        if let Some(path) = self.url.sqlite_path() {
            check_directory(path)?;
        }

        self.locked(async |transaction| {
            drop_our_tables(transaction).await?;
            let plan = self.plan(Direction::Up, None, &self.compare(&[]));
            self.take(Direction::Up, &plan, transaction).await?;

            Ok(plan
                .into_iter()
                .map(|step| applied(Direction::Up, step.as_ref()))
                .collect())
        })
        .await
        .map(|(steps, backup)| Report {
            direction: Direction::Up,
            steps,
            backup,
        })
    }

    /// Lets Postgres count what is in its tables, so that it chooses the right indexes. It does so by itself within a
    /// minute; this is for after many rows were written at once.
    ///
    /// On SQLite it does nothing: its plans do not need the counts, and with them it would plan each query anew for
    /// each set of values.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Unreachable`], [`MigrateError::Database`].
    pub async fn analyze(&self) -> Result<(), MigrateError> {
        let DatabaseUrl::Postgres(server) = &self.url else {
            return Ok(());
        };
        let connection = connect_postgres(server).await?;
        for table in TABLES {
            connection
                .execute_unprepared(&format!("ANALYZE {table}"))
                .await?;
        }
        connection.close().await?;

        Ok(())
    }

    fn compare(&self, applied: &[String]) -> Status {
        let steps = self
            .migrator
            .steps()
            .iter()
            .map(|step| StepStatus {
                name: step.name().to_owned(),
                summary: step.summary(),
                applied: applied.iter().any(|name| name == step.name()),
            })
            .collect();

        Status { steps }
    }

    fn plan(
        &self,
        direction: Direction,
        limit: Option<u32>,
        status: &Status,
    ) -> Vec<Box<dyn Step>> {
        let wanted = direction == Direction::Down;
        let mut plan: Vec<_> = self
            .migrator
            .steps()
            .into_iter()
            .zip(&status.steps)
            .filter(|(_, status)| status.applied == wanted)
            .map(|(step, _)| step)
            .collect();
        if direction == Direction::Down {
            plan.reverse();
        }
        plan.truncate(limit.map_or(usize::MAX, |limit| limit as usize));

        plan
    }

    async fn take(
        &self,
        direction: Direction,
        plan: &[Box<dyn Step>],
        transaction: &DatabaseTransaction,
    ) -> Result<(), MigrateError> {
        for step in plan {
            let taken = match direction {
                Direction::Up => self.migrator.up(transaction, Some(1)).await,
                Direction::Down => self.migrator.down(transaction, Some(1)).await,
            };
            taken.map_err(|source| MigrateError::Step {
                name: step.name().to_owned(),
                source,
            })?;
        }

        Ok(())
    }

    async fn read_applied(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<Vec<String>, MigrateError> {
        let applied = applied_versions(connection).await?;
        let known = self.migrator.steps();
        let unknown: Vec<String> = applied
            .iter()
            .filter(|version| !known.iter().any(|step| step.name() == version.as_str()))
            .cloned()
            .collect();
        if !unknown.is_empty() {
            return Err(MigrateError::Newer {
                store: self.url.to_string(),
                unknown,
            });
        }

        Ok(applied)
    }

    async fn connect(&self) -> Result<DatabaseConnection, MigrateError> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => connect_sqlite(path, Create::Missing).await,
            DatabaseUrl::Postgres(server) => connect_postgres(server).await,
        }
    }

    /// Runs `work` in one transaction while no other migrator can, and commits it.
    async fn locked<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, MigrateError>,
    ) -> Result<(T, Option<PathBuf>), MigrateError> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => locked_sqlite(path, work).await,
            DatabaseUrl::Postgres(server) => {
                let connection = connect_postgres(server).await?;
                let outcome = locked_postgres(&connection, work).await;
                connection.close().await?;

                outcome.map(|value| (value, None))
            }
        }
    }
}

fn applied(direction: Direction, step: &dyn Step) -> Applied {
    Applied {
        name: step.name().to_owned(),
        effect: match direction {
            Direction::Up => step.summary(),
            Direction::Down => step.down_drops(),
        },
    }
}

async fn locked_sqlite<T>(
    path: &Path,
    work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, MigrateError>,
) -> Result<(T, Option<PathBuf>), MigrateError> {
    let _lock = lock::lock_file(path).await?;
    let connection = connect_sqlite(path, Create::Missing).await?;
    let transaction = connection
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;

    let backup = backup::before_migrating(path, &transaction, sql::now()).await?;
    let value = work(&transaction).await?;
    check_foreign_keys(&transaction).await?;
    transaction.commit().await?;
    connection.close().await?;

    Ok((value, backup))
}

async fn locked_postgres<T>(
    connection: &DatabaseConnection,
    work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let mut back_off = lock::BackOff::new();
    loop {
        let transaction = connection
            .begin_with_options(TransactionOptions {
                access_mode: Some(AccessMode::ReadWrite),
                ..TransactionOptions::default()
            })
            .await?;
        if lock::try_advisory(&transaction).await? {
            let value = work(&transaction).await?;
            transaction.commit().await?;

            return Ok(value);
        }
        transaction.rollback().await?;
        back_off.wait().await?;
    }
}

/// Reads the bookkeeping without creating it.
async fn applied_versions(connection: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    use sea_orm::{EntityTrait, QueryOrder};

    let exists = match connection.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'seaql_migrations'"
        }
        _ => "SELECT 1 WHERE to_regclass('seaql_migrations') IS NOT NULL",
    };
    let exists = Statement::from_string(connection.get_database_backend(), exists);
    if connection.query_one_raw(exists).await?.is_none() {
        return Ok(Vec::new());
    }

    let rows = seaql_migrations::Entity::find()
        .order_by_asc(seaql_migrations::Column::Version)
        .all(connection)
        .await?;

    Ok(rows.into_iter().map(|row| row.version).collect())
}

async fn check_foreign_keys(transaction: &DatabaseTransaction) -> Result<(), MigrateError> {
    let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA foreign_key_check");
    let broken = transaction.query_all_raw(check).await?;
    if broken.is_empty() {
        return Ok(());
    }

    Err(MigrateError::Database(DbErr::Migration(format!(
        "{} rows would refer to a row that is not there; nothing was changed",
        broken.len()
    ))))
}

/// The table the steps make on SQLite alone.
const SQLITE_TABLE: &str = "change_counter";

/// Every other table the steps make, those that refer to others first.
const TABLES: [&str; 11] = [
    "entry_links",
    "entry_counts",
    "read_counts",
    "entry_tags",
    "entry_words",
    "embeddings",
    "actions",
    "reads",
    "entries",
    "users",
    "seaql_migrations",
];

/// Every function the steps make on Postgres.
const FUNCTIONS: [&str; 7] = [
    "touch_searchable",
    "tell_change",
    "keep_entry_links",
    "count_entry_tags",
    "count_entry",
    "keep_entry_tags",
    "keep_read_counts",
];

/// Drops what the steps make, and nothing else that may live in the same database.
async fn drop_our_tables(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    for table in TABLES.into_iter().chain([SQLITE_TABLE]) {
        transaction
            .execute_unprepared(&format!("DROP TABLE IF EXISTS {table}"))
            .await?;
    }
    if transaction.get_database_backend() == DbBackend::Postgres {
        for function in FUNCTIONS {
            transaction
                .execute_unprepared(&format!("DROP FUNCTION IF EXISTS {function}()"))
                .await?;
        }
    }

    Ok(())
}

fn check_directory(path: &Path) -> Result<(), MigrateError> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => {
            Err(MigrateError::MissingDirectory(parent.to_owned()))
        }
        _ => Ok(()),
    }
}

/// Whether there is no database yet: no file, or one that another process has only just made.
fn is_new(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() == 0) || !path.exists()
}

/// Opens one connection for migrating: foreign keys are off, because a table that is built anew must not cascade.
pub(crate) async fn connect_sqlite(
    path: &Path,
    create: Create,
) -> Result<DatabaseConnection, MigrateError> {
    check_directory(path)?;
    let file = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://");
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .filename(&file)
                .in_memory(false)
                .create_if_missing(create == Create::Missing)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(30))
                .foreign_keys(false)
        });

    Database::connect(options)
        .await
        .map_err(|error| MigrateError::Unreachable {
            store: format!("sqlite:{}", path.display()),
            reason: error.to_string(),
        })
}

async fn connect_postgres(server: &Server) -> Result<DatabaseConnection, MigrateError> {
    let driver = server.options.clone();
    let mut options = ConnectOptions::new("postgres://localhost");
    options
        .max_connections(1)
        .sqlx_logging(false)
        .connect_timeout(server.connect_timeout)
        .acquire_timeout(server.connect_timeout)
        .map_sqlx_postgres_opts(move |_| driver.clone());

    match Database::connect(options).await {
        Ok(connection) => Ok(connection),
        Err(error) => Err(MigrateError::Unreachable {
            store: server.to_string(),
            reason: reason(server).await.unwrap_or_else(|| error.to_string()),
        }),
    }
}

/// Finds out why a server cannot be reached: a pool only says that it waited for too long.
async fn reason(server: &Server) -> Option<String> {
    let connecting = PgConnection::connect_with(&server.options);

    match tokio::time::timeout(server.connect_timeout, connecting).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!(
            "no answer within {} s",
            server.connect_timeout.as_secs()
        )),
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => write!(formatter, "1 step is pending"),
            count => write!(formatter, "{count} steps are pending"),
        }
    }
}
