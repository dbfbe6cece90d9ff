//! The nearest vectors, where the database has an index of them.

use entity::embeddings;
use sea_orm::sea_query::Expr;
use sea_orm::{FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::dialect::NearestIndex;
use super::fetch::Rows;
use super::filter::EntryFilter;
use super::transaction::Session;
use super::{Store, StoreError, scope};
use crate::domain::{EntryId, Owner};

/// What the database finds of an owner's vectors by itself.
pub struct Nearest<'a> {
    session: &'a Session,
    owner: &'a Owner,
}

/// How many entries a filter leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// So few that each is compared.
    Few,
    /// So many that an index is asked.
    Many,
}

#[derive(FromQueryResult)]
struct NearRow {
    entry_id: String,
    distance: f64,
}

impl<'a> Nearest<'a> {
    pub(super) fn new(session: &'a Session, owner: &'a Owner) -> Self {
        Self { session, owner }
    }

    /// Finds the entries of a filter whose vectors of a model are nearest to one, nearest first, with their cosines; only
    /// where [`Maintenance::has_nearest`](super::Maintenance::has_nearest) says that the database has an index of them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn find(
        &self,
        filter: &EntryFilter,
        among: Among,
        model: &str,
        vector: &[f32],
        limit: u64,
    ) -> Result<Vec<(EntryId, f32)>, StoreError> {
        let index = NearestIndex {
            model,
            dimensions: vector.len(),
        };
        let looking = NearestIndex::look_for(self.session.connection(), limit).await;
        self.session.check(looking)?;
        let distance = match among {
            Among::Few => index.exact_distance(vector),
            Among::Many => index.distance(vector),
        };
        let query = scope::find_named::<embeddings::Entity>(self.owner)
            .join(JoinType::InnerJoin, embeddings::Relation::Entries.def())
            .filter(filter.condition_with_tags(self.session.dialect()))
            .filter(index.holds())
            .filter(NearestIndex::is_filled())
            .select_only()
            .column(embeddings::Column::EntryId)
            .column_as(distance, "distance")
            .order_by_asc(Expr::cust("distance"));
        let rows: Vec<NearRow> = self.session.fetch(query, Rows::AtMost(limit)).await?;

        Ok(rows
            .into_iter()
            .map(|row| (row.entry_id.into(), cosine_at(row.distance)))
            .collect())
    }
}

impl Store {
    /// Makes the database's index of a model's vectors, where it can have one. Takes minutes for a million, and holds nobody up.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails, or the role may not make indexes.
    pub async fn make_nearest(&self, model: &str, dimensions: usize) -> Result<(), StoreError> {
        let index = NearestIndex { model, dimensions };
        if !index.is_possible() {
            return Ok(());
        }
        let made = self.inner.connections.make_nearest(index).await;

        made.map_err(|error| StoreError::from_database(error, &self.inner.location))
    }

    /// Drops the database's indexes of the vectors of other models. Holds nobody up.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails, or the role may not drop indexes.
    pub async fn drop_nearest_of_others(&self, model: &str) -> Result<(), StoreError> {
        let dropped = self.inner.connections.drop_nearest_of_others(model).await;

        dropped.map_err(|error| StoreError::from_database(error, &self.inner.location))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a cosine")]
fn cosine_at(distance: f64) -> f32 {
    (1.0 - distance) as f32
}
