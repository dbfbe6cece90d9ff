//! What a search index in memory is made from, and how it follows changes.

use chrono::{DateTime, Utc};
use entity::{embeddings, entries, entry_words};
use sea_orm::{
    ColumnTrait, FromQueryResult, IntoSimpleExpr, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait, Select,
};
use serde_json::Value;

use super::convert::entry_type_from_row;
use super::embeddings::vector_of;
use super::entries::IdRow;
use super::fetch::Rows;
use super::transaction::Session;
use super::{StoreError, scope};
use crate::domain::{Document, EntryId, EntryType, Language, Owner, Tags, Timestamp};

/// Changed entries read at once.
const AT_ONCE: usize = 500;

/// How far a reader has followed the changes. Two are equal when nothing has changed between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeMark {
    /// Changes from here on may not have been seen.
    from: i64,
    /// Tells what was seen from there on.
    seen: String,
}

impl ChangeMark {
    /// Before all changes.
    pub const START: Self = Self {
        from: -1,
        seen: String::new(),
    };

    /// Whether a reader that is there has seen less than one at another mark, for sure.
    #[must_use]
    pub fn is_behind(&self, other: &Self) -> bool {
        self.from < other.from
    }
}

/// An entry as search needs it.
#[derive(Clone, Debug)]
pub struct Searchable {
    /// What search filters and orders by.
    pub document: Document,
    /// Its terms as they are stored.
    pub terms: String,
    /// Whether it is not in the trash.
    pub is_active: bool,
}

/// What an owner's search index is made from.
pub struct Searchables<'a> {
    session: &'a Session,
    owner: &'a Owner,
}

#[derive(FromQueryResult)]
struct SearchableRow {
    id: String,
    entry_type: String,
    source: String,
    tags: Value,
    language: String,
    created: DateTime<Utc>,
    updated: Option<DateTime<Utc>>,
    expires: Option<DateTime<Utc>>,
    is_active: bool,
    terms: String,
    length: i32,
}

#[derive(FromQueryResult)]
struct VectorRow {
    entry_id: String,
    dimensions: i32,
    embedding: Vec<u8>,
}

impl<'a> Searchables<'a> {
    pub(super) fn new(session: &'a Session, owner: &'a Owner) -> Self {
        Self { session, owner }
    }

    /// What this transaction sees; a later reader goes on from there.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn mark(&self) -> Result<ChangeMark, StoreError> {
        let seen = self
            .session
            .dialect()
            .seen_changes(self.session.connection());

        let (from, seen) = self.session.check(seen.await)?;

        Ok(ChangeMark { from, seen })
    }

    /// How many entries there are, those in the trash among them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn count(&self) -> Result<u64, StoreError> {
        let count = scope::find::<entry_words::Entity>(self.owner)
            .count(self.session.connection())
            .await;

        self.session.check(count)
    }

    /// Hands over the entries changed since a mark, with their terms; some may have been seen before. From the start,
    /// only active ones. One that does not read is left out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn entries_since(
        &self,
        mark: &ChangeMark,
        mut each: impl FnMut(Searchable) + Send,
    ) -> Result<(), StoreError> {
        use entry_words::Column::{Changed, EntryId, Key};
        if *mark == ChangeMark::START {
            let query = with_entries(scope::find::<entry_words::Entity>(self.owner))
                .filter(scope::owned_by::<entries::Entity>(self.owner))
                .filter(entries::Column::Deleted.is_null())
                .order_by_asc(Changed)
                .order_by_asc(Key);
            return self.hand_over(query, &mut each).await;
        }

        // By ids, because a planner that does not know how few have changed would read all that there are.
        let since = self
            .session
            .dialect()
            .changed_since(Changed.into_simple_expr(), mark.from);
        let changed = scope::find::<entry_words::Entity>(self.owner)
            .filter(since)
            .select_only()
            .column_as(EntryId, "id");
        let changed: Vec<IdRow> = self.session.fetch(changed, Rows::All).await?;
        for some in changed.chunks(AT_ONCE) {
            let ids = some.iter().map(|row| row.id.as_str());
            let query = with_entries(scope::find_named::<entry_words::Entity>(self.owner))
                .filter(EntryId.is_in(ids));
            self.hand_over(query, &mut each).await?;
        }

        Ok(())
    }

    async fn hand_over(
        &self,
        query: Select<entry_words::Entity>,
        each: &mut (impl FnMut(Searchable) + Send),
    ) -> Result<(), StoreError> {
        self.session
            .fetch_each(query, |row: SearchableRow| {
                match entry_type_from_row(&row.entry_type) {
                    Ok(entry_type) => each(searchable_from_row(row, entry_type)),
                    Err(_) => tell_left_out(&row.id),
                }
            })
            .await
    }

    /// Hands over the vectors of a model stored since a mark; some may have been seen before. One that does not read is
    /// left out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn vectors_since(
        &self,
        model: &str,
        mark: &ChangeMark,
        mut each: impl FnMut(EntryId, Vec<f32>) + Send,
    ) -> Result<(), StoreError> {
        use embeddings::Column::{Changed, Dimensions, Embedding, EntryId as Entry, Model};
        let dialect = self.session.dialect();
        let query = scope::find::<embeddings::Entity>(self.owner)
            .filter(Model.eq(model))
            .filter(dialect.changed_since(Changed.into_simple_expr(), mark.from))
            .select_only()
            .columns([Entry, Dimensions, Embedding]);

        self.session
            .fetch_each(query, |row: VectorRow| {
                match vector_of(&row.embedding, row.dimensions) {
                    Ok(vector) => each(row.entry_id.into(), vector),
                    Err(_) => tell_left_out(&row.entry_id),
                }
            })
            .await
    }
}

/// The rows of words with what search needs of their entries.
fn with_entries(words: Select<entry_words::Entity>) -> Select<entry_words::Entity> {
    use entries::Column::{
        Created, Deleted, EntryType, Expires, Id, Language, Source, Tags, Updated,
    };

    words
        .join(JoinType::InnerJoin, entry_words::Relation::Entries.def())
        .select_only()
        .columns([entry_words::Column::Terms, entry_words::Column::Length])
        .column_as(Id, "id")
        .column_as(EntryType, "entry_type")
        .column_as(Source, "source")
        .column_as(Tags, "tags")
        .column_as(Language, "language")
        .column_as(Created, "created")
        .column_as(Updated, "updated")
        .column_as(Expires, "expires")
        .column_as(Deleted.is_null(), "is_active")
}

/// A row that does not read costs nobody the others.
fn tell_left_out(entry: &str) {
    tracing::warn!(
        entry,
        "a stored row does not read and is left out of search"
    );
}

fn searchable_from_row(row: SearchableRow, entry_type: EntryType) -> Searchable {
    let created = Timestamp::from(row.created);

    Searchable {
        document: Document {
            id: row.id.into(),
            entry_type,
            source: row.source,
            tags: Tags::from_stored(row.tags),
            language: Language::from_name(&row.language).unwrap_or(Language::SIMPLE),
            created,
            touched: row.updated.map_or(created, Timestamp::from),
            expires: row.expires.map(Timestamp::from),
            length: u32::try_from(row.length).unwrap_or_default(),
        },
        terms: row.terms,
        is_active: row.is_active,
    }
}
