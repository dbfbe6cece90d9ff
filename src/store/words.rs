//! The words of entries, kept in the transaction that changes the entry.

use entity::entry_words;
use sea_orm::sea_query::{OnConflict, Query};

use super::StoreError;
use super::transaction::Session;
use crate::domain::{ANALYSIS, Entry, EntryTerms, Owner};

/// Writes the words of an entry, in place of those it had.
pub(super) async fn index(
    session: &Session,
    owner: &Owner,
    entry: &Entry,
) -> Result<(), StoreError> {
    use entry_words::Column::{Analysis, Changed, EntryId, Length, OwnerId, Terms};
    let terms = EntryTerms::of(entry);
    let length = i32::try_from(terms.length()).unwrap_or(i32::MAX);
    let written = Query::insert()
        .into_table(entry_words::Entity)
        .columns([EntryId, OwnerId, Terms, Length, Analysis, Changed])
        .on_conflict(
            OnConflict::column(EntryId)
                .update_columns([Terms, Length, Analysis, Changed])
                .to_owned(),
        )
        .to_owned();
    let row = [
        entry.id.as_str().into(),
        owner.as_str().into(),
        terms.to_stored().into(),
        length.into(),
        ANALYSIS.into(),
        session.change().await?,
    ];

    session.insert(written, [row]).await
}
