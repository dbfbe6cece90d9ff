//! The words of entries, kept in the transaction that changes the entry.

use entity::entry_words;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use sea_orm::sea_query::OnConflict;

use super::StoreError;
use super::transaction::Session;
use crate::domain::{Entry, Owner, words_of};

/// Writes the words of an entry, in place of those it had.
pub(super) async fn index(
    session: &Session,
    owner: &Owner,
    entry: &Entry,
) -> Result<(), StoreError> {
    let mut terms = String::from(" ");
    for term in words_of(entry).iter() {
        terms.push_str(term);
        terms.push(' ');
    }

    let row = entry_words::ActiveModel {
        entry_id: Set(entry.id.as_str().to_owned()),
        owner_id: Set(owner.as_str().to_owned()),
        terms: Set(terms),
        ..Default::default()
    };
    let written = entry_words::Entity::insert(row)
        .on_conflict(
            OnConflict::column(entry_words::Column::EntryId)
                .update_column(entry_words::Column::Terms)
                .to_owned(),
        )
        .exec_without_returning(session.connection())
        .await;
    session.check(written)?;

    Ok(())
}
