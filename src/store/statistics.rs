//! Counting: how many entries of each type, which sources, which tags.
//!
//! The counts walk an index of active entries, and what has expired but is not yet purged is taken off.

use entity::{entries, entry_tags};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, IntoSimpleExpr, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};

use super::fetch::Rows;
use super::{Entries, StoreError, scope};
use crate::domain::{EntryType, Timestamp, Word};

/// What an owner has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Entries by type, every type named, in the order of their declaration.
    pub entries: Vec<(EntryType, u64)>,
    /// The distinct sources, sorted.
    pub sources: Vec<String>,
}

/// A tag and how many entries carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagCount {
    /// The tag.
    pub tag: String,
    /// How many entries carry it.
    pub count: u64,
}

#[derive(FromQueryResult)]
struct Count {
    name: String,
    count: i64,
}

impl Entries<'_> {
    /// Counts the owner's active entries that have not expired by `now`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn statistics(&self, now: Timestamp) -> Result<Statistics, StoreError> {
        use entries::Column::{EntryType as Type, Source};
        let by_type = self.counted(grouped(self.active(), Type)).await?;
        let expired_by_type = self.counted(grouped(self.expired_at(now), Type)).await?;
        let by_source = self.counted(grouped(self.active(), Source)).await?;
        let expired_by_source = self.counted(grouped(self.expired_at(now), Source)).await?;

        let by_type = without(by_type, &expired_by_type);
        let of_type = |entry_type: EntryType| {
            by_type
                .iter()
                .find(|(name, _)| name == entry_type.as_str())
                .map_or(0, |(_, count)| *count)
        };
        let mut sources: Vec<_> = without(by_source, &expired_by_source)
            .into_iter()
            .map(|(source, _)| source)
            .collect();
        sources.sort_unstable();

        Ok(Statistics {
            entries: EntryType::ALL
                .iter()
                .map(|entry_type| (*entry_type, of_type(*entry_type)))
                .collect(),
            sources,
        })
    }

    /// Counts the tags of the owner's active entries that have not expired by `now`: most frequent first, then by name.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn tags(&self, now: Timestamp) -> Result<Vec<TagCount>, StoreError> {
        let active = scope::find::<entry_tags::Entity>(self.owner)
            .filter(entry_tags::Column::Deleted.is_null());
        let expired = scope::find::<entry_tags::Entity>(self.owner)
            .filter(entry_tags::Column::Deleted.is_null())
            .filter(
                entry_tags::Column::EntryId.in_subquery(
                    self.expired_at(now)
                        .select_only()
                        .column(entries::Column::Id)
                        .into_query(),
                ),
            );
        let counts = self
            .counted(grouped(active, entry_tags::Column::Tag))
            .await?;
        let gone = self
            .counted(grouped(expired, entry_tags::Column::Tag))
            .await?;

        let mut tags: Vec<_> = without(counts, &gone)
            .into_iter()
            .map(|(tag, count)| TagCount { tag, count })
            .collect();
        tags.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.tag.cmp(&b.tag)));

        Ok(tags)
    }

    fn active(&self) -> Select<entries::Entity> {
        scope::find::<entries::Entity>(self.owner).filter(entries::Column::Deleted.is_null())
    }

    fn expired_at(&self, now: Timestamp) -> Select<entries::Entity> {
        self.active()
            .filter(entries::Column::Expires.lte(now.utc()))
    }

    async fn counted<E: EntityTrait>(
        &self,
        query: Select<E>,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let rows: Vec<Count> = self.session.fetch(query, Rows::All).await?;

        Ok(rows
            .into_iter()
            .map(|row| (row.name, u64::try_from(row.count).unwrap_or_default()))
            .collect())
    }
}

/// Counts the rows of a query by a column, in the column's order, as the index has them.
fn grouped<E: EntityTrait>(query: Select<E>, column: E::Column) -> Select<E> {
    query
        .select_only()
        .column_as(column, "name")
        .column_as(column.into_simple_expr().count(), "count")
        .group_by(column)
        .order_by_asc(column)
}

/// Takes the second counts off the first and drops what is left with nothing.
fn without(counts: Vec<(String, u64)>, less: &[(String, u64)]) -> Vec<(String, u64)> {
    counts
        .into_iter()
        .map(|(name, count)| {
            let taken = less
                .iter()
                .find(|(other, _)| *other == name)
                .map_or(0, |(_, taken)| *taken);
            (name, count.saturating_sub(taken))
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}
