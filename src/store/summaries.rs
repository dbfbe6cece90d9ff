//! Lists of entries without their payload: what a list shows is taken out of the payload by the database.

use chrono::{DateTime, Utc};
use entity::{entries, read_counts};
use sea_orm::sea_query::{ExprTrait, Query, SimpleExpr};
use sea_orm::{IntoSimpleExpr, Select};
use serde::Deserialize;
use serde_json::Value;

use super::convert::entry_type_from_row;
use super::dialect::{Dialect, json_text};
use super::fetch::Rows;
use super::filter::{EntryFilter, Order};
use super::{Entries, StoreError};
use crate::domain::{EntrySummary, PageRequest, SummaryDetail, Tags, Timestamp};

/// One row, in the order of [`columns`].
#[derive(Deserialize)]
struct SummaryRow(
    String,
    String,
    String,
    Value,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<String>,
    Texts,
    Option<Resolved>,
    Option<i64>,
    Option<DateTime<Utc>>,
);

/// What a summary takes out of the payload, in the order of [`TEXTS`].
#[derive(Deserialize)]
struct Texts(
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

const TEXTS: [&str; 7] = [
    "description",
    "message",
    "goal",
    "state",
    "alert_id",
    "level",
    "learned_from",
];

/// A truth value: SQLite has none of its own and says 0 or 1.
#[derive(Deserialize)]
#[serde(untagged)]
enum Resolved {
    Truth(bool),
    Number(i64),
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
        self.summaries(self.ordered(filter, order), page).await
    }

    /// Runs a query of entries for their summaries.
    pub(super) async fn summaries(
        &self,
        query: Select<entries::Entity>,
        page: PageRequest,
    ) -> Result<Vec<EntrySummary>, StoreError> {
        let columns = columns(self.session.dialect());
        let rows: Vec<SummaryRow> = self
            .session
            .fetch_json(query, columns, Rows::Page(page))
            .await?;

        rows.into_iter().map(summary_from_row).collect()
    }
}

fn columns(dialect: Dialect) -> [SimpleExpr; 12] {
    use entries::Column::{
        Created, Deleted, EntryType as Type, Id, LogicalKey, Source, Tags as TagsColumn, Updated,
    };

    [
        Id.into_simple_expr(),
        Type.into_simple_expr(),
        Source.into_simple_expr(),
        dialect.json_column(TagsColumn),
        Created.into_simple_expr(),
        Updated.into_simple_expr(),
        Deleted.into_simple_expr(),
        LogicalKey.into_simple_expr(),
        dialect.json_row(TEXTS.map(json_text)),
        dialect.json_is_true("resolved"),
        read(read_counts::Column::ReadCount),
        read(read_counts::Column::LastRead),
    ]
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
    let SummaryRow(
        id,
        entry_type,
        source,
        tags,
        created,
        updated,
        deleted,
        logical_key,
        texts,
        resolved,
        read_count,
        last_read,
    ) = row;
    let Texts(description, message, goal, state, alert_id, level, learned_from) = texts;
    let entry_type = entry_type_from_row(&entry_type)?;
    let resolved = matches!(resolved, Some(Resolved::Truth(true) | Resolved::Number(1)));
    let mut texts = [
        ("description", description),
        ("message", message),
        ("goal", goal),
        ("state", state),
        ("alert_id", alert_id),
        ("level", level),
    ];
    let text = |wanted| {
        let found = texts.iter_mut().find(|(key, _)| *key == wanted);
        found.and_then(|(_, text)| text.take())
    };
    let (description, detail) = SummaryDetail::of(entry_type, text, resolved);

    Ok(EntrySummary {
        id: id.into(),
        entry_type,
        source,
        tags: Tags::from_stored(tags),
        created: created.into(),
        updated: updated.map(Timestamp::from),
        deleted: deleted.map(Timestamp::from),
        logical_key,
        learned_from,
        description,
        detail,
        read_count: read_count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or_default(),
        last_read: last_read.map(Timestamp::from),
    })
}
