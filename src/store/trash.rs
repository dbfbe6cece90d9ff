//! The trash: entries leave it again with the expiry they had, or are purged after thirty days.

use chrono::TimeDelta;
use entity::entries;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter};

use super::changes::Message;
use super::filter::EntryFilter;
use super::{Entries, StoreError, scope};
use crate::domain::{EntryId, Timestamp};

/// How long an entry can be restored.
pub const RETENTION: TimeDelta = TimeDelta::days(30);

/// Ids bound in one statement, below the limit of either database.
const IDS_AT_ONCE: usize = 500;

impl Entries<'_> {
    /// Puts the active entries a filter means into the trash; returns how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn trash(&self, filter: &EntryFilter, now: Timestamp) -> Result<u64, StoreError> {
        let purge = now.checked_add(RETENTION).unwrap_or(now);
        let dialect = self.session.dialect();
        let trashed = scope::update::<entries::Entity>(self.owner)
            .col_expr(entries::Column::Data, dialect.data_with_expiry_aside())
            .col_expr(entries::Column::Deleted, Expr::val(now.utc()))
            .col_expr(entries::Column::Expires, Expr::val(purge.utc()))
            .filter(filter.condition_with_tags(dialect))
            .filter(entries::Column::Deleted.is_null())
            .exec(self.session.connection())
            .await;
        self.session.tell([Message::anything(self.owner)]);

        Ok(self.session.check(trashed)?.rows_affected)
    }

    /// Brings entries back from the trash; ids that are not in it are skipped. Returns how many came back.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when an identity one of them holds was taken meanwhile.
    pub async fn restore(&self, ids: &[EntryId]) -> Result<u64, StoreError> {
        let dialect = self.session.dialect();
        let mut count = 0;
        for ids in ids.chunks(IDS_AT_ONCE) {
            let restored = scope::update::<entries::Entity>(self.owner)
                .col_expr(entries::Column::Expires, dialect.expiry_aside())
                .col_expr(entries::Column::Data, dialect.data_without_expiry_aside())
                .col_expr(entries::Column::Deleted, Expr::cust("NULL"))
                .filter(entries::Column::Id.is_in(ids.iter().map(EntryId::as_str)))
                .filter(entries::Column::Deleted.is_not_null())
                .exec(self.session.connection())
                .await;
            count += self.session.check(restored)?.rows_affected;
        }
        self.session.tell([Message::anything(self.owner)]);

        Ok(count)
    }
}
