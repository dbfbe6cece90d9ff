//! Reads and actions in one list, and what nobody has read.

use chrono::{DateTime, Utc};
use entity::{actions, entries, read_counts, reads};
use sea_orm::sea_query::{
    Asterisk, Expr, Order as Direction, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{
    ColumnTrait, Condition, IntoSimpleExpr, JoinType, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, RelationTrait,
};
use serde::Deserialize;
use serde_json::Value;

use super::fetch::Rows;
use super::filter::{EntryFilter, Expired};
use super::log_filter::LogFilter;
use super::transaction::Session;
use super::{Entries, StoreError, scope};
use crate::domain::{EntryId, EntrySummary, Owner, PageRequest, Tags, Timestamp};

/// An event of either log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An entry was read.
    Read {
        /// Name of the tool.
        tool: Option<String>,
    },
    /// Something was done because of an entry.
    Action {
        /// What.
        action: String,
        /// More about it.
        detail: Option<String>,
        /// Its own tags.
        tags: Tags,
    },
}

/// When and by whom an event happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The entry.
    pub entry_id: EntryId,
    /// When.
    pub timestamp: Timestamp,
    /// Name of the client, if it gave one.
    pub platform: Option<String>,
    /// What happened.
    pub event: Event,
}

/// Both logs of an owner.
pub struct Activities<'a> {
    session: &'a Session,
    owner: &'a Owner,
}

/// A row: the kind, the entry, the time, the client, then action, detail and tags.
#[derive(Deserialize)]
struct Row(
    String,
    String,
    DateTime<Utc>,
    Option<String>,
    Option<String>,
    Option<String>,
    Value,
);

const READ: &str = "read";
const ACTION: &str = "action";

impl<'a> Activities<'a> {
    pub(super) fn new(session: &'a Session, owner: &'a Owner) -> Self {
        Self { session, owner }
    }

    /// Lists reads and actions, newest first.
    ///
    /// Each log is cut to what the page can show before they are put together: Postgres would sort all of both.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list(
        &self,
        filter: &LogFilter,
        page: PageRequest,
    ) -> Result<Vec<Activity>, StoreError> {
        let rows = page.offset.saturating_add(page.limit).saturating_add(1);
        let mut query = newest(self.reads(filter), rows);
        query
            .union(UnionType::All, newest(self.actions(filter), rows))
            .order_by("at", Direction::Desc)
            .order_by("kind", Direction::Desc)
            .order_by("number", Direction::Desc);
        let rows: Vec<Row> = self.session.read_json_page(query, Rows::Page(page)).await?;

        Ok(rows.into_iter().map(activity_from_row).collect())
    }

    fn reads(&self, filter: &LogFilter) -> SelectStatement {
        use reads::Column::{EntryId, Id, Platform, Timestamp, ToolUsed};
        let dialect = self.session.dialect();
        let row = dialect.json_row([
            Expr::cust(format!("'{READ}'")),
            EntryId.into_simple_expr(),
            Timestamp.into_simple_expr(),
            Platform.into_simple_expr(),
            Expr::cust("NULL"),
            ToolUsed.into_simple_expr(),
            Expr::cust("NULL"),
        ]);

        scope::find::<reads::Entity>(self.owner)
            .filter(filter.condition(EntryId, Timestamp, Platform))
            .select_only()
            .column_as(row, "row")
            .column_as(Timestamp, "at")
            .column_as(Expr::cust(format!("'{READ}'")), "kind")
            .column_as(Id, "number")
            .into_query()
    }

    fn actions(&self, filter: &LogFilter) -> SelectStatement {
        use actions::Column::{Action, Detail, EntryId, Id, Platform, Tags, Timestamp};
        let dialect = self.session.dialect();
        let row = dialect.json_row([
            Expr::cust(format!("'{ACTION}'")),
            EntryId.into_simple_expr(),
            Timestamp.into_simple_expr(),
            Platform.into_simple_expr(),
            Action.into_simple_expr(),
            Detail.into_simple_expr(),
            dialect.json_column(Tags.into_simple_expr()),
        ]);

        scope::find::<actions::Entity>(self.owner)
            .filter(filter.condition(EntryId, Timestamp, Platform))
            .select_only()
            .column_as(row, "row")
            .column_as(Timestamp, "at")
            .column_as(Expr::cust(format!("'{ACTION}'")), "kind")
            .column_as(Id, "number")
            .into_query()
    }
}

/// The newest rows of a log.
fn newest(mut log: SelectStatement, rows: u64) -> SelectStatement {
    // Both databases count in signed numbers.
    let rows = rows.min(i64::MAX.unsigned_abs());
    log.order_by("at", Direction::Desc)
        .order_by("number", Direction::Desc)
        .limit(rows);

    Query::select()
        .column(Asterisk)
        .from_subquery(log, "log")
        .take()
}

fn activity_from_row(row: Row) -> Activity {
    let Row(kind, entry_id, timestamp, platform, action, detail, tags) = row;
    let event = if kind == READ {
        Event::Read { tool: detail }
    } else {
        Event::Action {
            action: action.unwrap_or_default(),
            detail,
            tags: Tags::from_stored(tags),
        }
    };

    Activity {
        entry_id: entry_id.into(),
        timestamp: timestamp.into(),
        platform,
        event,
    }
}

impl Entries<'_> {
    /// Lists summaries of active entries that nobody has read, or not since a time; last created first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list_unread(
        &self,
        since: Option<Timestamp>,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Vec<EntrySummary>, StoreError> {
        use read_counts::Column::{Created, Deleted, EntryId, LastRead};
        let never: SimpleExpr = LastRead.is_null();
        let unread = match since {
            None => Condition::all().add(never),
            Some(since) => Condition::any().add(never).add(LastRead.lt(since.utc())),
        };
        let filter = EntryFilter::active().expired(Expired::HiddenAt(now));
        let query = self
            .matching(&filter)
            .join(JoinType::InnerJoin, entries::Relation::ReadCounts.def())
            .filter(scope::owned_by::<read_counts::Entity>(self.owner))
            .filter(Deleted.is_null())
            .filter(unread)
            .order_by_desc(Created)
            .order_by_desc(EntryId);

        self.summaries(query, page).await
    }
}
