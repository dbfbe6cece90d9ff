//! The log of reads.

use entity::{entries, reads};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::transaction::Session;
use super::{StoreError, scope};
use crate::domain::{EntryId, Owner, PageRequest, Timestamp};

/// Rows written in one statement; five values each, below the limit of either database.
const ROWS_AT_ONCE: usize = 500;

/// A read to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRead {
    /// The entry.
    pub entry_id: EntryId,
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
    pub async fn log(&self, reads: &[NewRead]) -> Result<(), StoreError> {
        for reads in reads.chunks(ROWS_AT_ONCE) {
            let existing = self.existing(reads).await?;
            let rows: Vec<_> = reads
                .iter()
                .filter(|read| {
                    existing
                        .binary_search_by(|id| id.as_str().cmp(read.entry_id.as_str()))
                        .is_ok()
                })
                .map(|read| reads::ActiveModel {
                    entry_id: Set(read.entry_id.as_str().to_owned()),
                    timestamp: Set(read.timestamp.utc()),
                    platform: Set(read.platform.clone()),
                    tool_used: Set(Some(read.tool.to_owned())),
                    owner_id: Set(self.owner.as_str().to_owned()),
                    ..Default::default()
                })
                .collect();
            if rows.is_empty() {
                continue;
            }
            let logged = reads::Entity::insert_many(rows)
                .exec_without_returning(self.session.connection())
                .await;
            self.session.check(logged)?;
        }

        Ok(())
    }

    /// Lists the log, newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list(
        &self,
        entry: Option<&EntryId>,
        page: PageRequest,
    ) -> Result<Vec<Read>, StoreError> {
        let mut query = scope::find::<reads::Entity>(self.owner);
        if let Some(entry) = entry {
            query = query.filter(reads::Column::EntryId.eq(entry.as_str()));
        }
        let rows = query
            .order_by_desc(reads::Column::Timestamp)
            .order_by_desc(reads::Column::Id)
            .offset(page.offset)
            .limit(page.limit.saturating_add(1))
            .all(self.session.connection())
            .await;

        Ok(self
            .session
            .check(rows)?
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

    /// The ids among those read that are entries of the owner, sorted.
    async fn existing(&self, reads: &[NewRead]) -> Result<Vec<String>, StoreError> {
        let mut ids: Vec<&str> = reads.iter().map(|read| read.entry_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let query = scope::find::<entries::Entity>(self.owner)
            .filter(entries::Column::Id.is_in(ids))
            .select_only()
            .column(entries::Column::Id)
            .into_tuple::<String>();
        let mut existing = self
            .session
            .check(query.all(self.session.connection()).await)?;
        existing.sort_unstable();

        Ok(existing)
    }
}
