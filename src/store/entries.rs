//! Entries: one at a time, and lists of them.

use std::collections::HashSet;

use entity::{entries, entry_links, entry_tags};
use sea_orm::sea_query::{ExprTrait, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, IntoSimpleExpr, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationTrait, Select, TryInsertResult,
};

use super::changes::Message;
use super::convert::{changeable_columns, entry_from_row, row_from_entry};
use super::dialect::json_text;
use super::fetch::Rows;
use super::filter::{EntryFilter, Order, has_tags, touched};
use super::identity::Identity;
use super::transaction::Session;
use super::{StoreError, scope, words};
use crate::domain::{Entry, EntryId, EntryType, MAX_PAGE_SIZE, Owner, PageRequest};

/// Related entries listed of each direction, those touched last.
const MOST_RELATED: usize = 1_001;

/// The entries of an owner.
pub struct Entries<'a> {
    pub(super) session: &'a Session,
    pub(super) owner: &'a Owner,
}

impl<'a> Entries<'a> {
    pub(super) fn new(session: &'a Session, owner: &'a Owner) -> Self {
        Self { session, owner }
    }

    /// Finds one entry the filter means.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn find(
        &self,
        id: &EntryId,
        filter: &EntryFilter,
    ) -> Result<Option<Entry>, StoreError> {
        let query = self
            .matching(filter)
            .filter(entries::Column::Id.eq(id.as_str()));
        let mut found = self.session.fetch_entries(query, Rows::AtMost(1)).await?;

        Ok(found.pop())
    }

    /// Finds an active entry and holds it against other writers until the transaction ends.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn find_for_update(&self, id: &EntryId) -> Result<Option<Entry>, StoreError> {
        let query = self
            .matching(&EntryFilter::active())
            .filter(entries::Column::Id.eq(id.as_str()))
            .lock_exclusive();

        self.one(query).await
    }

    /// Finds those of some active entries that nobody else holds, and holds them until the transaction ends. Never waits:
    /// whoever waits while holding several can be in the way of a caller who holds them in another order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn find_free_for_update(&self, ids: &[EntryId]) -> Result<Vec<Entry>, StoreError> {
        let query = self
            .ordered(&EntryFilter::active().with_ids(ids), Order::Any)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);

        self.session.fetch_entries(query, Rows::All).await
    }

    /// Finds the active entry that holds an identity, and holds it until the transaction ends.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn find_by_identity(&self, identity: &Identity) -> Result<Option<Entry>, StoreError> {
        let query = self
            .matching(&EntryFilter::active())
            .filter(identity.condition())
            .lock_exclusive();

        self.one(query).await
    }

    /// Finds the active schema of a family and version: the owner's own, else the shared one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn find_schema(
        &self,
        family: &str,
        version: &str,
    ) -> Result<Option<Entry>, StoreError> {
        let filter = EntryFilter::active()
            .of_types([EntryType::Schema])
            .declaring(family, version);
        let own_first = entries::Column::OwnerId
            .into_simple_expr()
            .eq(self.owner.as_str());
        let query = scope::find_with_shared::<entries::Entity>(self.owner)
            .filter(filter.condition_with_tags(self.session.dialect()))
            .order_by_desc(own_first)
            .order_by_asc(entries::Column::Created)
            .order_by_asc(entries::Column::Id);

        self.one(query).await
    }

    /// Finds a schema as [`Entries::find_schema`] does; the owner's own cannot change until the transaction ends.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn hold_schema(
        &self,
        family: &str,
        version: &str,
    ) -> Result<Option<Entry>, StoreError> {
        let filter = EntryFilter::active()
            .of_types([EntryType::Schema])
            .declaring(family, version);
        let own = self
            .matching(&filter)
            .order_by_asc(entries::Column::Created)
            .order_by_asc(entries::Column::Id)
            .lock_shared();

        match self.one(own).await? {
            Some(schema) => Ok(Some(schema)),
            // The rows of others cannot be held; what is shared is the operator's.
            None => self.find_schema(family, version).await,
        }
    }

    /// Lists family and version of the active schemas the owner can use, own and shared.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list_schema_names(&self) -> Result<Vec<(String, String)>, StoreError> {
        let filter = EntryFilter::active().of_types([EntryType::Schema]);
        let query = scope::find_with_shared::<entries::Entity>(self.owner)
            .filter(filter.condition_with_tags(self.session.dialect()));
        let names = ["family", "version"].map(json_text);
        let names: Vec<(Option<String>, Option<String>)> = self
            .session
            .fetch_json(query, names, Rows::AtMost(MAX_PAGE_SIZE))
            .await?;

        Ok(names
            .into_iter()
            .filter_map(|(family, version)| family.zip(version))
            .collect())
    }

    /// Lists entries in full, one more than the page asks for, so that the caller learns whether there are more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list(
        &self,
        filter: &EntryFilter,
        order: Order,
        page: PageRequest,
    ) -> Result<Vec<Entry>, StoreError> {
        let query = self.ordered(filter, order);

        self.session.fetch_entries(query, Rows::Page(page)).await
    }

    /// Lists the active entries an entry is linked with, each group last touched first: those it refers to, then those
    /// that refer to it. Itself and repeats are left out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list_related(
        &self,
        entry: &Entry,
        filter: &EntryFilter,
    ) -> Result<Vec<Entry>, StoreError> {
        use entry_links::Column::{EntryId, RelatedId};
        let named = scope::find_named::<entry_links::Entity>(self.owner);
        let naming = scope::find::<entry_links::Entity>(self.owner);
        let other_end = |links: Select<entry_links::Entity>, near: entry_links::Column, far| {
            links
                .filter(near.eq(entry.id.as_str()))
                .select_only()
                .column(far)
                .into_query()
        };

        let mut related = Vec::new();
        for ids in [
            other_end(named, EntryId, RelatedId),
            other_end(naming, RelatedId, EntryId),
        ] {
            let group = filter.clone().and(entries::Column::Id.in_subquery(ids));
            let group = self.ordered(&group, Order::Any);
            let mut group = self.session.fetch_entries(group, Rows::All).await?;
            group.sort_by(|a, b| (b.touched(), &b.id).cmp(&(a.touched(), &a.id)));
            related.extend(group.into_iter().take(MOST_RELATED));
        }

        let mut seen = HashSet::from([entry.id.clone()]);
        related.retain(|one| seen.insert(one.id.clone()));

        Ok(related)
    }

    /// Counts entries.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn count(&self, filter: &EntryFilter) -> Result<u64, StoreError> {
        let query = self.matching(filter);

        self.session
            .check(query.count(self.session.connection()).await)
    }

    /// Lists the ids of the oldest entries, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list_oldest_ids(
        &self,
        filter: &EntryFilter,
        limit: u64,
    ) -> Result<Vec<EntryId>, StoreError> {
        let query = self
            .matching(filter)
            .order_by_asc(entries::Column::Created)
            .order_by_asc(entries::Column::Id)
            .select_only()
            .column(entries::Column::Id);
        let rows: Vec<IdRow> = self.session.fetch(query, Rows::AtMost(limit)).await?;

        Ok(rows.into_iter().map(|row| row.id.into()).collect())
    }

    /// Stores a new entry as it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when its id or an identity is taken; the transaction can then only be undone.
    pub async fn insert(&self, entry: &Entry) -> Result<(), StoreError> {
        let row = row_from_entry(entry, self.owner);
        let inserted = entries::Entity::insert(row)
            .exec_without_returning(self.session.connection())
            .await;
        self.session.check(inserted)?;
        self.session.tell(Message::of(self.owner, entry));

        words::index(self.session, self.owner, entry).await
    }

    /// Stores a new entry unless its identity is taken; returns the entry that holds it then, held until the
    /// transaction ends.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when its id or another identity is taken.
    pub async fn insert_or_find(
        &self,
        entry: &Entry,
        identity: &Identity,
    ) -> Result<Option<Entry>, StoreError> {
        // The holder may be gone again by the time it is looked up; then the place is free for another try.
        for _ in 0..3 {
            let inserted = entries::Entity::insert(row_from_entry(entry, self.owner))
                .on_conflict(identity.on_conflict())
                .try_insert()
                .exec_without_returning(self.session.connection())
                .await;
            if let TryInsertResult::Inserted(1) = self.session.check(inserted)? {
                self.session.tell(Message::of(self.owner, entry));
                words::index(self.session, self.owner, entry).await?;
                return Ok(None);
            }
            if let Some(holder) = self.find_by_identity(identity).await? {
                return Ok(Some(holder));
            }
        }

        Err(StoreError::Conflict)
    }

    /// Writes an entry that was found: everything but its id, type, owner and creation. Returns whether it is there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when an identity it now has is taken.
    pub async fn update(&self, entry: &Entry) -> Result<bool, StoreError> {
        let updated = scope::update::<entries::Entity>(self.owner)
            .set(changeable_columns(entry))
            .filter(entries::Column::Id.eq(entry.id.as_str()))
            .exec(self.session.connection())
            .await;
        if self.session.check(updated)?.rows_affected == 0 {
            return Ok(false);
        }
        self.session.tell(Message::of(self.owner, entry));
        words::index(self.session, self.owner, entry).await?;

        Ok(true)
    }

    /// The owner's entries a filter means, in no order.
    pub(super) fn matching(&self, filter: &EntryFilter) -> Select<entries::Entity> {
        scope::find::<entries::Entity>(self.owner)
            .filter(filter.condition_with_tags(self.session.dialect()))
    }

    /// The owner's entries a filter means, in order. With a tag the query walks the tag's index, which has them in
    /// order already; the other tags are looked up.
    pub(super) fn ordered(&self, filter: &EntryFilter, order: Order) -> Select<entries::Entity> {
        use entry_tags::Column as Tag;
        let Some((tag, others)) = filter
            .split_tags()
            .filter(|_| order == Order::Touched && !filter.is_trashed())
        else {
            return self.by_time(filter, order);
        };

        let dialect = self.session.dialect();
        let query = scope::find::<entries::Entity>(self.owner)
            .join(JoinType::InnerJoin, entries::Relation::EntryTags.def())
            .filter(scope::owned_by::<entry_tags::Entity>(self.owner))
            .filter(Tag::Tag.eq(tag))
            .filter(Tag::Deleted.is_null())
            .filter(filter.condition(dialect))
            .order_by_desc(Tag::Touched)
            .order_by_desc(Tag::EntryId);

        has_tags(dialect, others).fold(query, QueryFilter::filter)
    }

    fn by_time(&self, filter: &EntryFilter, order: Order) -> Select<entries::Entity> {
        let time = match order {
            Order::Touched => touched(),
            Order::Created => entries::Column::Created.into_simple_expr(),
            Order::Deleted => entries::Column::Deleted.into_simple_expr(),
            Order::Any => {
                return scope::find_named::<entries::Entity>(self.owner)
                    .filter(filter.condition_with_tags(self.session.dialect()));
            }
        };

        self.matching(filter)
            .order_by_desc(time)
            .order_by_desc(entries::Column::Id)
    }

    async fn one(&self, query: Select<entries::Entity>) -> Result<Option<Entry>, StoreError> {
        let row: Option<entries::Model> = self.session.fetch_first(query).await?;

        row.map(entry_from_row).transpose()
    }
}

#[derive(FromQueryResult)]
pub(super) struct IdRow {
    pub(super) id: String,
}
