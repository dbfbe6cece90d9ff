//! Counting: how many entries of each type, which sources, which tags.
//!
//! The counts are kept; what has expired but is not yet purged is taken off.

use std::collections::{BTreeMap, BTreeSet};

use entity::{entries, entry_counts};
use sea_orm::sea_query::{ExprTrait, Func};
use sea_orm::{ColumnTrait, FromQueryResult, IntoSimpleExpr, QueryFilter, QuerySelect, Select};
use serde_json::Value;

use super::fetch::Rows;
use super::{Entries, StoreError, scope};
use crate::domain::{EntryType, Tags, Timestamp, Word};

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
struct KeptCount {
    kind: String,
    name: String,
    count: i64,
}

#[derive(FromQueryResult)]
struct ExpiredCount {
    #[sea_orm(alias = "type")]
    entry_type: String,
    source: String,
    count: i64,
}

#[derive(FromQueryResult)]
struct ExpiredTags {
    tags: Value,
}

/// Counts by kind and name.
#[derive(Default)]
struct Counts(BTreeMap<(String, String), i64>);

impl Entries<'_> {
    /// Counts the owner's active entries that have not expired by `now`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn statistics(&self, now: Timestamp) -> Result<Statistics, StoreError> {
        use entries::Column::{EntryType as Type, Source};
        let mut counts = self.kept(&["type", "source"]).await?;
        let expired = self
            .expired_at(now)
            .select_only()
            .columns([Type, Source])
            .column_as(entries::Column::Id.into_simple_expr().count(), "count")
            .group_by(Type)
            .group_by(Source);
        for row in self.session.fetch(expired, Rows::All).await? {
            let ExpiredCount {
                entry_type,
                source,
                count,
            } = row;
            counts.add("type", entry_type, -count);
            counts.add("source", source, -count);
        }

        let of_type = |entry_type: EntryType| {
            let mut of_type = counts.of_kind("type");
            of_type
                .find(|(name, _)| *name == entry_type.as_str())
                .map_or(0, |(_, count)| count)
        };

        Ok(Statistics {
            entries: EntryType::ALL
                .iter()
                .map(|entry_type| (*entry_type, of_type(*entry_type)))
                .collect(),
            sources: counts
                .of_kind("source")
                .map(|(source, _)| source.to_owned())
                .collect(),
        })
    }

    /// Counts the tags of the owner's active entries that have not expired by `now`: most frequent first, then by name.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn tags(&self, now: Timestamp) -> Result<Vec<TagCount>, StoreError> {
        let mut counts = self.kept(&["tag"]).await?;
        let expired = self
            .expired_at(now)
            .select_only()
            .column(entries::Column::Tags);
        for row in self.session.fetch(expired, Rows::All).await? {
            let ExpiredTags { tags } = row;
            // A tag that stands in a row twice was counted once.
            let tags = Tags::from_stored(tags);
            let distinct: BTreeSet<&String> = tags.as_slice().iter().collect();
            for tag in distinct {
                counts.add("tag", tag.clone(), -1);
            }
        }

        let mut tags: Vec<_> = counts
            .of_kind("tag")
            .map(|(tag, count)| TagCount {
                tag: tag.to_owned(),
                count,
            })
            .collect();
        tags.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.tag.cmp(&b.tag)));

        Ok(tags)
    }

    fn expired_at(&self, now: Timestamp) -> Select<entries::Entity> {
        scope::find::<entries::Entity>(self.owner)
            .filter(entries::Column::Deleted.is_null())
            .filter(entries::Column::Expires.lte(now.utc()))
    }

    async fn kept(&self, kinds: &[&str]) -> Result<Counts, StoreError> {
        use entry_counts::Column::{Count, Kind, Name};
        // A sum of 64-bit numbers is wider on Postgres.
        let sum = Func::sum(Count.into_simple_expr()).cast_as("BIGINT");
        let query = scope::find::<entry_counts::Entity>(self.owner)
            .filter(Kind.is_in(kinds.iter().copied()))
            .select_only()
            .columns([Kind, Name])
            .column_as(sum, "count")
            .group_by(Kind)
            .group_by(Name);
        let mut counts = Counts::default();
        for row in self.session.fetch(query, Rows::All).await? {
            let KeptCount { kind, name, count } = row;
            counts.add(&kind, name, count);
        }

        Ok(counts)
    }
}

impl Counts {
    fn add(&mut self, kind: &str, name: String, change: i64) {
        *self.0.entry((kind.to_owned(), name)).or_default() += change;
    }

    /// The names of a kind, sorted, with what there is of each.
    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
        self.0
            .iter()
            .filter(move |((of_kind, _), count)| of_kind == kind && **count > 0)
            .map(|((_, name), count)| (name.as_str(), u64::try_from(*count).unwrap_or_default()))
    }
}
