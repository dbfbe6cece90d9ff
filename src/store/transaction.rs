//! Transactions: one owner each, or visibly none.

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::sea_query::{InsertStatement, SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait, DbErr};
use tokio::sync::OnceCell;

use super::changes::Message;
use super::dialect::{Dialect, Open, Visibility};
use super::{
    Actions, Activities, Embeddings, Entries, Inner, Maintenance, Nearest, Reads, Searchables,
    StoreError, Users,
};
use crate::domain::Owner;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading with a single statement, which sees one state of the store by itself: on SQLite no transaction is begun
    /// for it. Two statements may see two states.
    Glance,
    /// Reading: sees one state of the store, in the way of nobody.
    Read,
    /// Reading and writing: on SQLite it is the only writer.
    Write,
}

/// A transaction on the rows of one owner.
pub struct Transaction {
    session: Session,
    owner: Owner,
}

/// A transaction on the rows of every owner, for accounts and upkeep.
pub struct SystemTransaction {
    session: Session,
}

/// What statements run on and what is needed to speak of its errors.
pub(super) struct Session {
    inner: Arc<Inner>,
    open: Open,
    /// What to tell listeners once it is committed.
    to_tell: Mutex<Vec<Message>>,
    /// The mark of the changes of this transaction, once there are any.
    change: OnceCell<SimpleExpr>,
}

impl Transaction {
    pub(super) async fn begin(
        inner: Arc<Inner>,
        owner: Owner,
        access: Access,
    ) -> Result<Self, StoreError> {
        let visibility = Visibility::Owner(owner.as_str().to_owned());
        let session = Session::begin(inner, access, visibility).await?;

        Ok(Self { session, owner })
    }

    /// Entries, in and out of the trash.
    #[must_use]
    pub fn entries(&self) -> Entries<'_> {
        Entries::new(&self.session, &self.owner)
    }

    /// The log of reads.
    #[must_use]
    pub fn reads(&self) -> Reads<'_> {
        Reads::new(&self.session, &self.owner)
    }

    /// The log of actions.
    #[must_use]
    pub fn actions(&self) -> Actions<'_> {
        Actions::new(&self.session, &self.owner)
    }

    /// Both logs together.
    #[must_use]
    pub fn activities(&self) -> Activities<'_> {
        Activities::new(&self.session, &self.owner)
    }

    /// Vectors.
    #[must_use]
    pub fn embeddings(&self) -> Embeddings<'_> {
        Embeddings::new(&self.session, &self.owner)
    }

    /// What the database finds of them by an index of its own.
    #[must_use]
    pub fn nearest(&self) -> Nearest<'_> {
        Nearest::new(&self.session, &self.owner)
    }

    /// What a search index is made from.
    #[must_use]
    pub fn searchables(&self) -> Searchables<'_> {
        Searchables::new(&self.session, &self.owner)
    }

    /// Makes every change of the transaction permanent.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; nothing of the transaction is then kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.session.commit().await
    }
}

impl SystemTransaction {
    pub(super) async fn begin(inner: Arc<Inner>, access: Access) -> Result<Self, StoreError> {
        let session = Session::begin(inner, access, Visibility::Everyone).await?;

        Ok(Self { session })
    }

    /// Accounts.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        Users::new(&self.session)
    }

    /// Work on the rows of every owner.
    #[must_use]
    pub fn maintenance(&self) -> Maintenance<'_> {
        Maintenance::new(&self.session)
    }

    /// Makes every change of the transaction permanent.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; nothing of the transaction is then kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.session.commit().await
    }
}

impl Session {
    /// Begins on a task of its own: a caller that goes away while a transaction begins would otherwise hand an open one
    /// back to the pool (<https://github.com/launchbadge/sqlx/issues/4385>), or leave its place in a line of writers
    /// taken.
    async fn begin(
        inner: Arc<Inner>,
        access: Access,
        visibility: Visibility,
    ) -> Result<Self, StoreError> {
        if let Some(open) = inner.connections.without_beginning(access) {
            return Ok(Self::on(inner, open));
        }

        let connections = inner.clone();
        let beginning =
            tokio::spawn(async move { connections.connections.begin(access, &visibility).await });
        let open = match beginning.await {
            Ok(begun) => begun,
            Err(stopped) => Err(DbErr::Custom(stopped.to_string())),
        }
        .map_err(|error| StoreError::from_database(error, &inner.location))?;

        Ok(Self::on(inner, open))
    }

    fn on(inner: Arc<Inner>, open: Open) -> Self {
        Self {
            inner,
            open,
            to_tell: Mutex::default(),
            change: OnceCell::new(),
        }
    }

    /// The mark for the rows this transaction changes.
    pub(super) async fn change(&self) -> Result<SimpleExpr, StoreError> {
        let marked = self
            .change
            .get_or_try_init(|| self.dialect().next_change(&self.open))
            .await;

        self.check(marked.cloned())
    }

    /// Whether the database has the column that indexes of vectors are made of.
    pub(super) async fn has_nearest(&self) -> Result<bool, StoreError> {
        self.check(self.inner.connections.has_nearest(&self.open).await)
    }

    /// Inserts rows of values and expressions; none is fine.
    pub(super) async fn insert(
        &self,
        mut insert: InsertStatement,
        rows: impl IntoIterator<Item = impl IntoIterator<Item = SimpleExpr>>,
    ) -> Result<(), StoreError> {
        let mut is_empty = true;
        for row in rows {
            let added = insert.values(row);
            self.check(added.map_err(|error| DbErr::Custom(error.to_string())))?;
            is_empty = false;
        }
        if is_empty {
            return Ok(());
        }
        let statement = self.open.get_database_backend().build(&insert);
        self.check(self.open.execute_raw(statement).await)?;

        Ok(())
    }

    /// Inserts the rows of a query.
    pub(super) async fn insert_selected(
        &self,
        mut insert: InsertStatement,
        rows: SelectStatement,
    ) -> Result<(), StoreError> {
        let inserted = match insert.select_from(rows) {
            Ok(insert) => {
                let statement = self.open.get_database_backend().build(insert);
                self.open.execute_raw(statement).await
            }
            Err(error) => Err(DbErr::Custom(error.to_string())),
        };
        self.check(inserted)?;

        Ok(())
    }

    /// Has a change told to listeners once it is committed.
    pub(super) fn tell(&self, message: impl IntoIterator<Item = Message>) {
        let mut to_tell = self.to_tell.lock().unwrap_or_else(PoisonError::into_inner);
        to_tell.extend(message);
    }

    pub(super) fn connection(&self) -> &Open {
        &self.open
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.inner.connections.dialect()
    }

    pub(super) fn location(&self) -> &str {
        &self.inner.location
    }

    pub(super) fn check<T>(&self, outcome: Result<T, DbErr>) -> Result<T, StoreError> {
        outcome.map_err(|error| StoreError::from_database(error, &self.inner.location))
    }

    async fn commit(self) -> Result<(), StoreError> {
        let Self {
            inner,
            open,
            to_tell,
            ..
        } = self;
        open.commit()
            .await
            .map_err(|error| StoreError::from_database(error, &inner.location))?;
        let to_tell = to_tell.into_inner().unwrap_or_else(PoisonError::into_inner);
        inner.connections.feed().tell(to_tell);

        Ok(())
    }
}
