//! Rows in and out: the one implementation for both databases.
//!
//! Every query is written once, with SeaORM; what the databases do differently is in `dialect`. The owner predicate is
//! added in `scope` and nowhere else. No business rules and no words of the protocol.
//!
//! ```text
//! let transaction = store.begin(&owner, Access::Write).await?;
//! transaction.entries().insert(&entry).await?;
//! transaction.commit().await?;
//! ```

mod actions;
mod activity;
mod changes;
mod connect;
mod convert;
mod dialect;
mod embeddings;
mod entries;
mod error;
mod fetch;
mod filter;
mod identity;
mod log_filter;
mod maintenance;
mod nearest;
mod reads;
mod scope;
mod searchables;
mod statistics;
mod summaries;
mod transaction;
mod trash;
mod users;
mod watched;
mod words;

use std::fmt;
use std::sync::Arc;

pub use actions::{Action, Actions, NewAction};
pub use activity::{Activities, Activity, Event};
pub use changes::{Change, Changes, NameHash};
pub use embeddings::{Embedding, Embeddings};
pub use entries::Entries;
pub use error::{Fault, StoreError};
pub use filter::{EntryFilter, Expired, Order};
pub use identity::Identity;
pub use log_filter::LogFilter;
pub use maintenance::Maintenance;
use migration::DatabaseUrl;
pub use nearest::{Among, Nearest};
pub use reads::{NewReads, Read, Reads};
use sea_orm::{DbErr, RuntimeErr};
pub use searchables::{ChangeMark, Searchable, Searchables};
pub use statistics::{Statistics, TagCount};
pub use transaction::{Access, SystemTransaction, Transaction};
pub use trash::RETENTION;
pub use users::{User, Users};

use crate::domain::Owner;
use dialect::Connections;

/// An open store. Cloning it shares its connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    connections: Connections,
    location: String,
}

impl Store {
    /// Opens the store; the schema must be up to date.
    ///
    /// On SQLite: one connection that writes and several that read. On Postgres: one pool of up to ten.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the file cannot be opened or the server not be reached.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let location = url.to_string();
        let connections = connect::open(url).await.map_err(|error| {
            let error = DbErr::Conn(RuntimeErr::SqlxError(error.into()));
            StoreError::from_database(error, &location)
        })?;

        Ok(Self {
            inner: Arc::new(Inner {
                connections,
                location,
            }),
        })
    }

    /// Begins a transaction in which only the rows of `owner` can be seen or changed.
    ///
    /// Waits for a writer in its way. Dropping the transaction undoes it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] after 30 s of waiting; [`StoreError::Unavailable`].
    pub async fn begin(&self, owner: &Owner, access: Access) -> Result<Transaction, StoreError> {
        let inner = self.inner.clone();

        Transaction::begin(inner, owner.clone(), access).await
    }

    /// Begins a transaction that sees the rows of every owner: for accounts and upkeep, never for a caller's request.
    ///
    /// # Errors
    ///
    /// As [`Store::begin`].
    pub async fn begin_system(&self, access: Access) -> Result<SystemTransaction, StoreError> {
        SystemTransaction::begin(self.inner.clone(), access).await
    }

    /// Listens for changes of what an owner watches, from now on: of every node on Postgres, of this process on SQLite.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the server cannot be listened to.
    pub async fn changes(&self, owner: &Owner) -> Result<Changes, StoreError> {
        let receiver = self.inner.connections.feed().listen().await;
        let receiver = receiver.map_err(|error| {
            let error = DbErr::Conn(RuntimeErr::SqlxError(error.into()));
            StoreError::from_database(error, &self.inner.location)
        })?;

        Ok(Changes::new(receiver, owner))
    }

    /// Checks that the database answers.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.inner
            .connections
            .ping()
            .await
            .map_err(|error| StoreError::from_database(error, &self.inner.location))
    }

    /// Says why row-level security would not hold, if the database's role bypasses it; `None` where it holds or where
    /// there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn row_security_bypass(&self) -> Result<Option<String>, StoreError> {
        self.inner
            .connections
            .row_security_bypass()
            .await
            .map_err(|error| StoreError::from_database(error, &self.inner.location))
    }

    /// Where the store is, without a password.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.inner.location
    }

    /// Closes every connection; a SQLite file is left without its write-ahead log.
    pub async fn close(self) {
        self.inner.connections.close().await;
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Store({})", self.inner.location)
    }
}
