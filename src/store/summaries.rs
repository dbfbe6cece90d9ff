//! Lists of entries without their payload: what a list shows is taken out of the payload by the database.

use chrono::{DateTime, Utc};
use entity::{entries, read_counts};
use sea_orm::sea_query::{ExprTrait, Query, SimpleExpr};
use sea_orm::{FromQueryResult, IntoSimpleExpr, QuerySelect};
use serde_json::Value;

use super::convert::entry_type_from_row;
use super::dialect::json_text;
use super::fetch::Rows;
use super::filter::{EntryFilter, Order};
use super::{Entries, StoreError};
use crate::domain::{EntrySummary, EntryType, PageRequest, SummaryDetail, Tags, Timestamp};

#[derive(FromQueryResult)]
struct SummaryRow {
    id: String,
    #[sea_orm(alias = "type")]
    entry_type: String,
    source: String,
    tags: Value,
    created: DateTime<Utc>,
    updated: Option<DateTime<Utc>>,
    deleted: Option<DateTime<Utc>>,
    logical_key: Option<String>,
    description: Option<String>,
    message: Option<String>,
    goal: Option<String>,
    state: Option<String>,
    alert_id: Option<String>,
    level: Option<String>,
    resolved: Option<bool>,
    read_count: Option<i64>,
    last_read: Option<DateTime<Utc>>,
}

impl Entries<'_> {
    /// Lists summaries, one more than the page asks for, with the counts of reads as far as they are written.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list_summaries(
        &self,
        filter: &EntryFilter,
        order: Order,
        page: PageRequest,
    ) -> Result<Vec<EntrySummary>, StoreError> {
        let query = self
            .ordered(filter, order)
            .select_only()
            .columns([
                entries::Column::Id,
                entries::Column::EntryType,
                entries::Column::Source,
                entries::Column::Tags,
                entries::Column::Created,
                entries::Column::Updated,
                entries::Column::Deleted,
                entries::Column::LogicalKey,
            ])
            .column_as(read(read_counts::Column::ReadCount), "read_count")
            .column_as(read(read_counts::Column::LastRead), "last_read");
        let query = [
            "description",
            "message",
            "goal",
            "state",
            "alert_id",
            "level",
        ]
        .into_iter()
        .fold(query, |query, key| query.column_as(json_text(key), key))
        .column_as(self.session.dialect().json_is_true("resolved"), "resolved");
        let rows: Vec<SummaryRow> = self.session.fetch(query, Rows::Page(page)).await?;

        rows.into_iter().map(summary_from_row).collect()
    }
}

/// A column of the entry's count of reads. A look-up of its own and not a join: a join planned while the table was
/// small would go through all of it for each entry.
fn read(column: read_counts::Column) -> SimpleExpr {
    let count = Query::select()
        .column(column)
        .from(read_counts::Entity)
        .and_where(
            read_counts::Column::EntryId
                .into_simple_expr()
                .eq(entries::Column::Id.into_simple_expr()),
        )
        .take();

    SimpleExpr::SubQuery(None, Box::new(count.into()))
}

fn summary_from_row(row: SummaryRow) -> Result<EntrySummary, StoreError> {
    let entry_type = entry_type_from_row(&row.entry_type)?;
    let description = row.description.unwrap_or_default();
    let (description, detail) = match entry_type {
        EntryType::Alert => (
            if description.is_empty() {
                row.message.unwrap_or_default()
            } else {
                description
            },
            SummaryDetail::Alert {
                alert_id: row.alert_id.unwrap_or_default(),
                level: row.level.unwrap_or_default(),
                resolved: row.resolved.unwrap_or_default(),
            },
        ),
        EntryType::Intention => (
            description,
            SummaryDetail::Intention {
                goal: row.goal.unwrap_or_default(),
                state: row.state.unwrap_or_else(|| "pending".to_owned()),
            },
        ),
        _ => (description, SummaryDetail::None),
    };

    Ok(EntrySummary {
        id: row.id.into(),
        entry_type,
        source: row.source,
        tags: Tags::from_stored(row.tags),
        created: row.created.into(),
        updated: row.updated.map(Timestamp::from),
        deleted: row.deleted.map(Timestamp::from),
        logical_key: row.logical_key,
        description,
        detail,
        read_count: row
            .read_count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or_default(),
        last_read: row.last_read.map(Timestamp::from),
    })
}
