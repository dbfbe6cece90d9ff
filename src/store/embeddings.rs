//! Vectors of entries.

use std::collections::HashMap;

use entity::{embeddings, entries};
use sea_orm::sea_query::{DynIden, Expr, ExprTrait, IntoIden as _, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, IntoSimpleExpr, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::dialect::nearest_value;
use super::fetch::Rows;
use super::filter::{EntryFilter, Order};
use super::transaction::Session;
use super::{Entries, StoreError, scope};
use crate::domain::{Entry, EntryId, EntryType, Owner, PageRequest, Timestamp};

/// What indexes of vectors are made of, where the database has any.
const NEAREST: &str = "nearest";

/// A vector of an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// The entry.
    pub entry_id: EntryId,
    /// Name of the model.
    pub model: String,
    /// SHA-256 of the embedded text, lower-case hex.
    pub text_hash: String,
    /// The numbers; how many depends on the model.
    pub vector: Vec<f32>,
}

/// The vectors of an owner's entries.
pub struct Embeddings<'a> {
    session: &'a Session,
    owner: &'a Owner,
}

impl<'a> Embeddings<'a> {
    pub(super) fn new(session: &'a Session, owner: &'a Owner) -> Self {
        Self { session, owner }
    }

    /// Stores vectors, each in place of the one its entry had for the model; the time of the first is kept.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails or an entry does not exist.
    pub async fn upsert(
        &self,
        embeddings: impl IntoIterator<Item = &Embedding>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        use embeddings::Column;
        let has_nearest = self.session.has_nearest().await?;
        let kept = [
            Column::EntryId,
            Column::Model,
            Column::OwnerId,
            Column::Created,
        ];
        let replaced = [
            Column::Dimensions,
            Column::TextHash,
            Column::Embedding,
            Column::Changed,
        ];
        let replaced = replaced.iter().map(|column| column.into_iden());
        let replaced: Vec<DynIden> = replaced
            .chain(has_nearest.then(|| NEAREST.into_iden()))
            .collect();
        let columns = kept.iter().map(|column| column.into_iden());
        let insert = Query::insert()
            .into_table(embeddings::Entity)
            .columns(columns.chain(replaced.iter().cloned()))
            .on_conflict(
                OnConflict::columns([Column::EntryId, Column::Model])
                    .update_columns(replaced)
                    .to_owned(),
            )
            .to_owned();
        let change = self.session.change().await?;
        let mut rows = Vec::new();
        for embedding in embeddings {
            let dimensions = i32::try_from(embedding.vector.len())
                .map_err(|_| StoreError::corrupt("embeddings", "a vector is too long"))?;
            let row = [
                embedding.entry_id.as_str().into(),
                embedding.model.as_str().into(),
                self.owner.as_str().into(),
                now.utc().into(),
                dimensions.into(),
                embedding.text_hash.as_str().into(),
                bytes_of(&embedding.vector).into(),
                change.clone(),
            ];
            let nearest = has_nearest.then(|| nearest_value(&embedding.vector));
            rows.push(row.into_iter().chain(nearest));
        }

        self.session.insert(insert, rows).await
    }

    /// Finds the vector of an entry for a model.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails; [`StoreError::Corrupt`] when the bytes are no vector.
    pub async fn find(
        &self,
        entry: &EntryId,
        model: &str,
    ) -> Result<Option<Embedding>, StoreError> {
        let query = scope::find::<embeddings::Entity>(self.owner)
            .filter(embeddings::Column::EntryId.eq(entry.as_str()))
            .filter(embeddings::Column::Model.eq(model));
        let row: Option<embeddings::Model> = self.session.fetch_first(query).await?;

        row.map(embedding_from_row).transpose()
    }

    /// How many vectors there are of each model, by name.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn count_by_model(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let counts = scope::find::<embeddings::Entity>(self.owner)
            .select_only()
            .column(embeddings::Column::Model)
            .column_as(embeddings::Column::Id.count(), "count")
            .group_by(embeddings::Column::Model)
            .order_by_asc(embeddings::Column::Model);
        let counts: Vec<ModelCount> = self.session.fetch(counts, Rows::All).await?;

        Ok(counts
            .into_iter()
            .map(|row| (row.model, row.count.unsigned_abs()))
            .collect())
    }

    /// Removes up to `limit` vectors of other models than one; returns how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn forget_other_models(&self, model: &str, limit: u64) -> Result<u64, StoreError> {
        let others = scope::find::<embeddings::Entity>(self.owner)
            .filter(embeddings::Column::Model.ne(model))
            .select_only()
            .column(embeddings::Column::Id);
        let others: Vec<KeyRow> = self.session.fetch(others, Rows::AtMost(limit)).await?;
        if others.is_empty() {
            return Ok(0);
        }
        let forgotten = scope::delete::<embeddings::Entity>(self.owner)
            .filter(embeddings::Column::Id.is_in(others.into_iter().map(|row| row.id)))
            .exec(self.session.connection())
            .await;

        Ok(self.session.check(forgotten)?.rows_affected)
    }

    /// Takes the hash of the text away from an entry's vector if it is another one: the vector is out of date then, and
    /// stays in use until the next.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn outdate(
        &self,
        entry: &EntryId,
        model: &str,
        text_hash: &str,
    ) -> Result<(), StoreError> {
        let outdated = scope::update::<embeddings::Entity>(self.owner)
            .col_expr(embeddings::Column::TextHash, Expr::val(""))
            .filter(embeddings::Column::EntryId.eq(entry.as_str()))
            .filter(embeddings::Column::Model.eq(model))
            .filter(embeddings::Column::TextHash.ne(text_hash))
            .exec(self.session.connection())
            .await;
        self.session.check(outdated)?;

        Ok(())
    }

    /// Lists active entries that have no vector of the model or an outdated one, last touched first. Suppressions never
    /// get one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list_missing(&self, model: &str, limit: u64) -> Result<Vec<Entry>, StoreError> {
        let query = Entries::new(self.session, self.owner)
            .ordered(&EntryFilter::active(), Order::Touched)
            .filter(has_none(model));

        self.session.fetch_entries(query, Rows::AtMost(limit)).await
    }

    /// Counts active entries that have no vector of the model.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn count_missing(&self, model: &str) -> Result<u64, StoreError> {
        let count = scope::find::<entries::Entity>(self.owner)
            .filter(entries::Column::Deleted.is_null())
            .filter(has_none(model))
            .count(self.session.connection())
            .await;

        self.session.check(count)
    }

    /// Lists active entries that have a vector of the model, each with the hash of the text it was made of, by id from
    /// after one; and the id to go on after, until there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list_embedded(
        &self,
        model: &str,
        after: Option<&EntryId>,
        limit: u64,
    ) -> Result<(Vec<(Entry, String)>, Option<EntryId>), StoreError> {
        let mut query = scope::find::<embeddings::Entity>(self.owner)
            .filter(embeddings::Column::Model.eq(model))
            .order_by_asc(embeddings::Column::EntryId)
            .select_only()
            .column_as(embeddings::Column::EntryId, "id")
            .column(embeddings::Column::TextHash);
        if let Some(after) = after {
            query = query.filter(embeddings::Column::EntryId.gt(after.as_str()));
        }
        let hashes: Vec<HashRow> = self.session.fetch(query, Rows::AtMost(limit)).await?;
        let ids: Vec<EntryId> = hashes.iter().map(|row| row.id.as_str().into()).collect();
        let filter = EntryFilter::active().with_ids(&ids);
        let entries = Entries::new(self.session, self.owner)
            .list(&filter, Order::Any, PageRequest::first(limit))
            .await?;
        let last = ids.last().cloned();
        let mut hashes: HashMap<String, String> = hashes
            .into_iter()
            .map(|row| (row.id, row.text_hash))
            .collect();
        let embedded = entries.into_iter().filter_map(|entry| {
            let hash = hashes.remove(entry.id.as_str())?;
            Some((entry, hash))
        });

        Ok((embedded.collect(), last))
    }
}

/// Which text a vector was made of.
#[derive(FromQueryResult)]
struct HashRow {
    id: String,
    text_hash: String,
}

#[derive(FromQueryResult)]
struct ModelCount {
    model: String,
    count: i64,
}

#[derive(FromQueryResult)]
struct KeyRow {
    id: i64,
}

/// That an entry should have a vector of a model, and has none or an outdated one.
pub(super) fn has_none(model: &str) -> Condition {
    let current = Query::select()
        .column(embeddings::Column::Id)
        .from(embeddings::Entity)
        .and_where(
            embeddings::Column::EntryId
                .into_simple_expr()
                .eq(entries::Column::Id.into_simple_expr()),
        )
        .and_where(embeddings::Column::Model.eq(model))
        .and_where(embeddings::Column::TextHash.ne(""))
        .take();

    Condition::all()
        .add(entries::Column::EntryType.ne(EntryType::Suppression.as_str()))
        .add(Expr::exists(current).not())
}

fn bytes_of(vector: &[f32]) -> Vec<u8> {
    vector
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// Reads stored bytes as a vector.
pub(super) fn vector_of(bytes: &[u8], dimensions: i32) -> Result<Vec<f32>, StoreError> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() || usize::try_from(dimensions) != Ok(numbers.len()) {
        return Err(StoreError::corrupt(
            "embeddings",
            "bytes and dimensions disagree",
        ));
    }

    Ok(numbers
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect())
}

fn embedding_from_row(row: embeddings::Model) -> Result<Embedding, StoreError> {
    let vector = vector_of(&row.embedding, row.dimensions)?;

    Ok(Embedding {
        entry_id: row.entry_id.into(),
        model: row.model,
        text_hash: row.text_hash,
        vector,
    })
}
