//! The one writer of a SQLite file, and sharing its commits.
//!
//! A commit waits for the disk, and only one transaction can write at a time. So writers who wait in line share: each
//! finishes its statements, leaves its place to the next, and the last of them commits for all. Nobody is told that its
//! write is done before that commit is. A writer that gives up undoes its own part and nothing else, by a savepoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::sqlx::sqlite::SqlitePool;
use sea_orm::sqlx::{self, Executor as _, Sqlite, Transaction};
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio::time::Instant;

use super::open::{driver_query, exec_error, into_results, query_error};
use super::open_file::OpenFile;
use super::{Condition, condition_of};

/// How long a writer waits for others before it gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most writers that share a commit, and the longest the first of them waits for the others.
const MOST: usize = 64;
const LONGEST: Duration = Duration::from_millis(5);

/// The writing connection and the line of those who want it.
#[derive(Clone)]
pub(in crate::store) struct Writers {
    pool: SqlitePool,
    file: Arc<OpenFile>,
    place: Arc<Mutex<Place>>,
    waiting: Arc<AtomicUsize>,
}

/// The place at the writing connection; whoever holds it writes.
#[derive(Default)]
struct Place {
    /// The transaction that is shared, while there is one.
    shared: Option<Shared>,
}

struct Shared {
    transaction: Transaction<'static, Sqlite>,
    begun: Instant,
    /// Those who have finished and wait for the commit.
    finished: Vec<oneshot::Sender<Result<(), Arc<sqlx::Error>>>>,
}

/// One writer's part of a transaction. Undone when dropped.
pub(in crate::store) struct WriterTransaction {
    part: Option<Mutex<Part>>,
}

struct Part {
    writers: Writers,
    place: OwnedMutexGuard<Place>,
    /// Whether others wrote before in the same transaction.
    is_later: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Keep,
    Undo,
}

impl Writers {
    pub(super) fn new(pool: SqlitePool, file: OpenFile) -> Self {
        Self {
            pool,
            file: Arc::new(file),
            place: Arc::default(),
            waiting: Arc::default(),
        }
    }

    pub(super) async fn close(&self) {
        // Whoever writes now finishes first.
        let _place = self.place.lock().await;
        self.pool.close().await;
    }

    /// Waits for the place and begins to write. Must not be cut off: see [`crate::store`]'s sessions, which call it on a
    /// task of its own.
    pub(super) async fn begin(&self) -> Result<WriterTransaction, DbErr> {
        let deadline = Instant::now() + PATIENCE;
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let mut place = self.place.clone().lock_owned().await;
        self.waiting.fetch_sub(1, Ordering::AcqRel);

        let is_later = place.shared.is_some();
        if let Some(shared) = &mut place.shared {
            if let Err(error) = shared.transaction.execute("SAVEPOINT writer").await {
                return Err(exec_error(fail(&mut place, error)));
            }
        } else {
            place.shared = Some(Shared {
                transaction: self.begin_immediate(deadline).await?,
                begun: Instant::now(),
                finished: Vec::new(),
            });
        }
        let part = Part {
            writers: self.clone(),
            place,
            is_later,
        };

        Ok(WriterTransaction {
            part: Some(Mutex::new(part)),
        })
    }

    /// Takes the file's write lock, waiting for other processes, unless the file is no longer where it was.
    async fn begin_immediate(
        &self,
        deadline: Instant,
    ) -> Result<Transaction<'static, Sqlite>, DbErr> {
        self.file
            .check()
            .map_err(|error| query_error(sqlx::Error::Io(error)))?;
        loop {
            match self
                .pool
                .begin_with("BEGIN IMMEDIATE")
                .await
                .map_err(query_error)
            {
                Err(error)
                    if condition_of(&error) == Condition::Busy && Instant::now() < deadline => {}
                begun => return begun,
            }
        }
    }
}

impl WriterTransaction {
    pub(super) async fn execute(&self, statement: &Statement) -> Result<ExecResult, DbErr> {
        let mut part = self.lock().await?;
        let done = driver_query(statement)
            .execute(&mut **part.transaction()?)
            .await;

        done.map(ExecResult::from)
            .map_err(|error| exec_error(part.failed(error)))
    }

    pub(super) async fn query(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut part = self.lock().await?;
        let rows = driver_query(statement)
            .fetch_all(&mut **part.transaction()?)
            .await;

        rows.map(into_results)
            .map_err(|error| query_error(part.failed(error)))
    }

    /// Finishes this part and waits for the commit.
    pub(super) async fn commit(mut self) -> Result<(), DbErr> {
        let Some(part) = self.part.take() else {
            return Err(gone());
        };
        // On a task of its own: a caller that goes away now must not leave the others without their commit.
        let finishing = tokio::spawn(part.into_inner().finish(Outcome::Keep));

        match finishing.await {
            Ok(finished) => finished.map_err(exec_error),
            Err(stopped) => Err(DbErr::Custom(stopped.to_string())),
        }
    }

    async fn lock(&self) -> Result<tokio::sync::MutexGuard<'_, Part>, DbErr> {
        match &self.part {
            Some(part) => Ok(part.lock().await),
            None => Err(gone()),
        }
    }
}

impl Drop for WriterTransaction {
    fn drop(&mut self) {
        if let Some(part) = self.part.take() {
            tokio::spawn(part.into_inner().finish(Outcome::Undo));
        }
    }
}

impl Part {
    fn transaction(&mut self) -> Result<&mut Transaction<'static, Sqlite>, DbErr> {
        match &mut self.place.shared {
            Some(shared) => Ok(&mut shared.transaction),
            None => Err(gone()),
        }
    }

    /// Takes note of a statement that failed. A refused one fails alone; after a fault of the store SQLite may have undone
    /// the whole transaction (<https://www.sqlite.org/lang_transaction.html>, section 3), so all who share it must know.
    fn failed(&mut self, error: sqlx::Error) -> Arc<sqlx::Error> {
        let error = Arc::new(error);
        match condition_of(&exec_error(error.clone())) {
            Condition::Other => error,
            _ => fail(&mut self.place, error),
        }
    }

    /// Ends this part, and the transaction unless someone is waiting to go on with it.
    async fn finish(mut self, outcome: Outcome) -> Result<(), Arc<sqlx::Error>> {
        let Some(shared) = &mut self.place.shared else {
            return Ok(());
        };
        let ended = match (outcome, self.is_later) {
            (Outcome::Keep, false) => Ok(()),
            (Outcome::Keep, true) => shared.transaction.execute("RELEASE writer").await.map(drop),
            (Outcome::Undo, true) => {
                let undo = "ROLLBACK TO writer; RELEASE writer";
                shared.transaction.execute(undo).await.map(drop)
            }
            (Outcome::Undo, false) => {
                // Nobody else has written in it: dropping the transaction undoes it.
                self.place.shared = None;
                return Ok(());
            }
        };
        if let Err(error) = ended {
            return Err(fail(&mut self.place, error));
        }

        let (done, committed) = oneshot::channel();
        if outcome == Outcome::Keep {
            shared.finished.push(done);
        }
        let goes_on = self.writers.waiting.load(Ordering::Acquire) > 0
            && shared.finished.len() < MOST
            && shared.begun.elapsed() < LONGEST;
        if !goes_on {
            // The file may have been taken away since the first of them began.
            match self.writers.file.check() {
                Ok(()) => commit(&mut self.place).await,
                Err(error) => drop(fail(&mut self.place, sqlx::Error::Io(error))),
            }
        }
        drop(self);

        match outcome {
            Outcome::Keep => committed.await.unwrap_or(Ok(())),
            Outcome::Undo => Ok(()),
        }
    }
}

/// Commits for all who have finished.
async fn commit(place: &mut Place) {
    let Some(Shared {
        transaction,
        finished,
        ..
    }) = place.shared.take()
    else {
        return;
    };
    let outcome = transaction.commit().await.map_err(Arc::new);
    for waiting in finished {
        // Whoever went away does not want to know.
        let _ = waiting.send(outcome.clone());
    }
}

/// Tells all who have finished that the transaction is lost, and ends it.
fn fail(place: &mut Place, error: impl Into<Arc<sqlx::Error>>) -> Arc<sqlx::Error> {
    let error = error.into();
    if let Some(shared) = place.shared.take() {
        for waiting in shared.finished {
            let _ = waiting.send(Err(error.clone()));
        }
    }

    error
}

fn gone() -> DbErr {
    DbErr::Custom("the transaction has ended".to_owned())
}
