//! Work on the rows of every owner: the only statements without an owner predicate, each named here.

use entity::{embeddings, entries, entry_words};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoSimpleExpr, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use serde_json::{Value, json};

use super::changes::Message;
use super::convert::entry_from_row;
use super::dialect::{NearestIndex, json_text, vector_text};
use super::embeddings::{has_none, vector_of};
use super::entries::IdRow;
use super::fetch::Rows;
use super::transaction::Session;
use super::{Entries, StoreError, scope, words};
use crate::domain::{ANALYSIS, EntryType, Owner, Timestamp};

#[derive(FromQueryResult)]
struct UnfilledRow {
    id: i64,
    dimensions: i32,
    embedding: Vec<u8>,
}

/// Upkeep over all owners.
pub struct Maintenance<'a> {
    pub(super) session: &'a Session,
}

impl<'a> Maintenance<'a> {
    pub(super) fn new(session: &'a Session) -> Self {
        Self { session }
    }

    /// Removes for good up to `limit` trashed entries whose thirty days are over, with all that hangs off them; returns
    /// how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn purge_trash(&self, now: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let due = entries::Entity::find()
            .filter(entries::Column::Deleted.is_not_null())
            .filter(entries::Column::Expires.lte(now.utc()))
            .select_only()
            .column(entries::Column::Id);
        let due: Vec<IdRow> = self.session.fetch(due, Rows::AtMost(limit)).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let purged = entries::Entity::delete_many()
            .filter(entries::Column::Id.is_in(due.into_iter().map(|row| row.id)))
            .exec(self.session.connection())
            .await;

        Ok(self.session.check(purged)?.rows_affected)
    }

    /// Analyses up to `limit` entries whose words no or another analysis made; returns how many it took on.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn analyse_again(&self, limit: u64) -> Result<u64, StoreError> {
        let outdated = entry_words::Entity::find()
            .filter(entry_words::Column::Analysis.lt(ANALYSIS))
            .select_only()
            .column_as(entry_words::Column::EntryId, "id");
        let outdated: Vec<IdRow> = self.session.fetch(outdated, Rows::AtMost(limit)).await?;
        let ids: Vec<String> = outdated.into_iter().map(|row| row.id).collect();
        if ids.is_empty() {
            return Ok(0);
        }

        let rows = entries::Entity::find().filter(entries::Column::Id.is_in(ids.iter()));
        let rows: Vec<entries::Model> = self.session.fetch(rows, Rows::All).await?;
        for row in rows {
            let (Ok(owner), id) = (Owner::new(row.owner_id.as_str()), row.id.clone()) else {
                continue;
            };
            match entry_from_row(row) {
                Ok(entry) => words::index(self.session, &owner, &entry).await?,
                Err(error) => tracing::warn!(%id, %error, "an entry cannot be analysed"),
            }
        }
        // What could not be analysed is not tried again.
        let done = entry_words::Entity::update_many()
            .col_expr(entry_words::Column::Analysis, Expr::val(ANALYSIS))
            .filter(entry_words::Column::EntryId.is_in(ids.iter()))
            .exec(self.session.connection())
            .await;
        self.session.check(done)?;

        Ok(ids.len() as u64)
    }

    /// Up to `limit` owners with entries that have no vector of a model and should have one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn owners_without_vectors(
        &self,
        model: &str,
        limit: u64,
    ) -> Result<Vec<Owner>, StoreError> {
        let owners = entries::Entity::find()
            .filter(entries::Column::Deleted.is_null())
            .filter(has_none(model))
            .select_only()
            .column_as(entries::Column::OwnerId, "id")
            .distinct();

        self.owners(owners, limit).await
    }

    /// Whether the database has an index with every vector of a model.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn has_nearest(&self, model: &str, dimensions: usize) -> Result<bool, StoreError> {
        let connection = self.session.connection();
        if !self.session.has_nearest().await? {
            return Ok(false);
        }
        let complete = NearestIndex { model, dimensions }.is_complete(connection);

        self.session.check(complete.await)
    }

    /// Makes up to `limit` vectors of a model ready for an index; returns how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn fill_nearest(
        &self,
        model: &str,
        dimensions: usize,
        limit: u64,
    ) -> Result<u64, StoreError> {
        use embeddings::Column::{Dimensions, Embedding, Id, Model};
        let index = NearestIndex { model, dimensions };
        if !index.is_possible() || !self.session.has_nearest().await? {
            return Ok(0);
        }
        let unfilled = embeddings::Entity::find()
            .filter(Model.eq(model))
            .filter(Dimensions.eq(i32::try_from(dimensions).unwrap_or(i32::MAX)))
            .filter(NearestIndex::is_unfilled())
            .order_by_asc(Id)
            .select_only()
            .columns([Id, Dimensions, Embedding]);
        let unfilled: Vec<UnfilledRow> = self.session.fetch(unfilled, Rows::AtMost(limit)).await?;
        if unfilled.is_empty() {
            return Ok(0);
        }
        let mut rows = Vec::new();
        for row in unfilled {
            let vector = vector_of(&row.embedding, row.dimensions)?;
            rows.push(json!({"id": row.id, "nearest": vector_text(&vector)}));
        }
        let filled = NearestIndex::fill(self.session.connection(), Value::from(rows)).await;

        self.session.check(filled)
    }

    /// Up to `limit` owners with vectors of other models than one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn owners_with_other_models(
        &self,
        model: &str,
        limit: u64,
    ) -> Result<Vec<Owner>, StoreError> {
        let owners = embeddings::Entity::find()
            .filter(embeddings::Column::Model.ne(model))
            .select_only()
            .column_as(embeddings::Column::OwnerId, "id")
            .distinct();

        self.owners(owners, limit).await
    }

    async fn owners<E: EntityTrait>(
        &self,
        owners: Select<E>,
        limit: u64,
    ) -> Result<Vec<Owner>, StoreError> {
        let owners: Vec<IdRow> = self.session.fetch(owners, Rows::AtMost(limit)).await?;

        Ok(owners
            .into_iter()
            .filter_map(|row| Owner::new(row.id.as_str()).ok())
            .collect())
    }

    /// Has the words of every entry made again by [`Maintenance::analyse_again`]; returns how many entries that are.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn forget_words(&self) -> Result<u64, StoreError> {
        use entry_words::Column::{EntryId, OwnerId, Terms};
        let has_words = Query::select()
            .column(entry_words::Column::EntryId)
            .from(entry_words::Entity)
            .and_where(
                entry_words::Column::EntryId
                    .into_simple_expr()
                    .eq(entries::Column::Id.into_simple_expr()),
            )
            .take();
        let missing = Query::select()
            .columns([entries::Column::Id, entries::Column::OwnerId])
            .expr(Expr::val(" "))
            .from(entries::Entity)
            .and_where(Expr::exists(has_words).not())
            .take();
        let insert = Query::insert()
            .into_table(entry_words::Entity)
            .columns([EntryId, OwnerId, Terms])
            .to_owned();
        self.session.insert_selected(insert, missing).await?;

        let forgotten = entry_words::Entity::update_many()
            .col_expr(entry_words::Column::Analysis, Expr::val(0))
            .exec(self.session.connection())
            .await;

        Ok(self.session.check(forgotten)?.rows_affected)
    }

    /// Puts the parts of the kept counts together, so that reading them stays cheap.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn put_counts_together(&self) -> Result<(), StoreError> {
        if let Some(statement) = self.session.dialect().put_counts_together() {
            let done = self.session.connection().execute_raw(statement).await;
            self.session.check(done)?;
        }

        Ok(())
    }

    /// Lists the owners who asked for expired entries to be removed: those with the preference `auto_cleanup` = `true`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn owners_with_auto_cleanup(&self) -> Result<Vec<Owner>, StoreError> {
        let owners = entries::Entity::find()
            .filter(entries::Column::EntryType.eq(EntryType::Preference.as_str()))
            .filter(entries::Column::Deleted.is_null())
            .filter(json_text("key").eq("auto_cleanup"))
            // A JSON `true` reads `1` on SQLite.
            .filter(json_text("value").is_in(["true", "1"]))
            .select_only()
            .column(entries::Column::OwnerId)
            .distinct()
            .order_by_asc(entries::Column::OwnerId)
            .into_tuple::<String>()
            .all(self.session.connection())
            .await;

        Ok(self
            .session
            .check(owners)?
            .into_iter()
            .filter_map(|owner| Owner::new(owner).ok())
            .collect())
    }
}

impl Entries<'_> {
    /// Removes for good the owner's active entries that have expired; returns how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn purge_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.session.tell([Message::anything(self.owner)]);
        let purged = scope::delete::<entries::Entity>(self.owner)
            .filter(entries::Column::Deleted.is_null())
            .filter(entries::Column::Expires.lte(now.utc()))
            .exec(self.session.connection())
            .await;

        Ok(self.session.check(purged)?.rows_affected)
    }

    /// Removes for good every entry of the owner, trashed ones too, with all that hangs off them; returns how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn clear(&self) -> Result<u64, StoreError> {
        self.session.tell([Message::anything(self.owner)]);
        let cleared = scope::delete::<entries::Entity>(self.owner)
            .exec(self.session.connection())
            .await;

        Ok(self.session.check(cleared)?.rows_affected)
    }
}
