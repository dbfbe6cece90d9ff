//! The log of reads.

use chrono::SecondsFormat;
use entity::reads;
use sea_orm::{ConnectionTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::fetch::Rows;
use super::log_filter::LogFilter;
use super::transaction::Session;
use super::{StoreError, scope};
use crate::domain::{EntryId, Owner, PageRequest, Timestamp};

/// A call that read entries, to be logged as one read of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReads {
    /// The entries.
    pub entry_ids: Vec<EntryId>,
    /// When.
    pub timestamp: Timestamp,
    /// Name of the client, if it gave one.
    pub platform: Option<String>,
    /// Name of the tool.
    pub tool: &'static str,
}

/// A read in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Counts up.
    pub id: i64,
    /// The entry.
    pub entry_id: EntryId,
    /// When.
    pub timestamp: Timestamp,
    /// Name of the client, if it gave one.
    pub platform: Option<String>,
    /// Name of the tool.
    pub tool: Option<String>,
}

/// The log of an owner's reads.
pub struct Reads<'a> {
    session: &'a Session,
    owner: &'a Owner,
}

impl<'a> Reads<'a> {
    pub(super) fn new(session: &'a Session, owner: &'a Owner) -> Self {
        Self { session, owner }
    }

    /// Logs reads; those of entries that are no longer there are left out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails; none of them is then logged.
    pub async fn log(&self, calls: &[NewReads]) -> Result<(), StoreError> {
        let calls: Vec<_> = calls
            .iter()
            .map(|call| {
                // The text the driver writes into time columns on SQLite, so that the two compare as equal.
                let timestamp = call
                    .timestamp
                    .utc()
                    .to_rfc3339_opts(SecondsFormat::AutoSi, false);
                let ids: Vec<_> = call.entry_ids.iter().map(EntryId::as_str).collect();
                json!({
                    "ids": ids,
                    "timestamp": timestamp,
                    "platform": call.platform,
                    "tool": call.tool,
                })
            })
            .collect();
        let statement = self
            .session
            .dialect()
            .log_reads(self.owner.as_str(), Value::Array(calls));
        let logged = self.session.connection().execute_raw(statement).await;
        self.session.check(logged)?;

        Ok(())
    }

    /// Lists the log, newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list(
        &self,
        filter: &LogFilter,
        page: PageRequest,
    ) -> Result<Vec<Read>, StoreError> {
        use reads::Column::{EntryId, Platform, Timestamp};
        let query = scope::find::<reads::Entity>(self.owner)
            .filter(filter.condition(EntryId, Timestamp, Platform))
            .order_by_desc(reads::Column::Timestamp)
            .order_by_desc(reads::Column::Id);
        let rows: Vec<reads::Model> = self.session.fetch(query, Rows::Page(page)).await?;

        Ok(rows
            .into_iter()
            .map(|row| Read {
                id: row.id,
                entry_id: row.entry_id.into(),
                timestamp: row.timestamp.into(),
                platform: row.platform,
                tool: row.tool_used,
            })
            .collect())
    }
}
