//! Rows to entries and back.

use entity::entries;
use sea_orm::ActiveValue::Set;
use sea_orm::QueryResult;
use serde_json::{Value, json};

use super::StoreError;
use crate::domain::{Entry, EntryType, Language, Owner, Tags, Timestamp, from_word};

const TABLE: &str = "entries";

pub(super) fn entry_from_row(row: entries::Model) -> Result<Entry, StoreError> {
    let Value::Object(data) = row.data else {
        return Err(StoreError::corrupt(TABLE, "data is not an object"));
    };

    Ok(Entry {
        id: row.id.into(),
        entry_type: entry_type_from_row(&row.entry_type)?,
        source: row.source,
        tags: Tags::from_stored(row.tags),
        created: row.created.into(),
        updated: row.updated.map(Timestamp::from),
        expires: row.expires.map(Timestamp::from),
        deleted: row.deleted.map(Timestamp::from),
        data,
        logical_key: row.logical_key,
        // An adopted database may name an analysis this server does not have.
        language: Language::from_name(&row.language).unwrap_or(Language::SIMPLE),
        is_language_given: row.is_language_given,
    })
}

/// What a payload that does not read is shown as.
const UNREADABLE: &str =
    "the stored data cannot be read: a number is out of range, or it is nested too deep";

/// Reads an entry whose payload does not read; `None` if the rest does not either.
pub(super) fn entry_without_data(row: &QueryResult) -> Option<Entry> {
    let model = entries::Model {
        id: row.try_get("", "id").ok()?,
        entry_type: row.try_get("", "type").ok()?,
        source: row.try_get("", "source").ok()?,
        tags: row.try_get("", "tags").unwrap_or_default(),
        created: row.try_get("", "created").ok()?,
        updated: row.try_get("", "updated").ok()?,
        expires: row.try_get("", "expires").ok()?,
        deleted: row.try_get("", "deleted").ok()?,
        data: json!({"unreadable": UNREADABLE}),
        logical_key: row.try_get("", "logical_key").ok()?,
        owner_id: row.try_get("", "owner_id").ok()?,
        language: row.try_get("", "language").ok()?,
        is_language_given: row.try_get("", "is_language_given").ok()?,
    };

    entry_from_row(model).ok()
}

pub(super) fn entry_type_from_row(word: &str) -> Result<EntryType, StoreError> {
    from_word(word).ok_or_else(|| StoreError::corrupt(TABLE, "unknown type"))
}

/// Every column of a new row.
pub(super) fn row_from_entry(entry: &Entry, owner: &Owner) -> entries::ActiveModel {
    let changeable = changeable_columns(entry);

    entries::ActiveModel {
        id: Set(entry.id.as_str().to_owned()),
        entry_type: Set(entry.entry_type.as_str().to_owned()),
        created: Set(entry.created.utc()),
        owner_id: Set(owner.as_str().to_owned()),
        ..changeable
    }
}

/// The columns a change may touch; identity, owner and creation stay.
pub(super) fn changeable_columns(entry: &Entry) -> entries::ActiveModel {
    entries::ActiveModel {
        source: Set(entry.source.clone()),
        updated: Set(entry.updated.map(Timestamp::utc)),
        expires: Set(entry.expires.map(Timestamp::utc)),
        deleted: Set(entry.deleted.map(Timestamp::utc)),
        tags: Set(entry.tags.to_json()),
        data: Set(Value::Object(entry.data.clone())),
        logical_key: Set(entry.logical_key.clone()),
        language: Set(entry.language.name().to_owned()),
        is_language_given: Set(entry.is_language_given),
        ..Default::default()
    }
}
