//! The log of actions.

use entity::actions;
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};

use super::fetch::Rows;
use super::log_filter::LogFilter;
use super::transaction::Session;
use super::{StoreError, scope};
use crate::domain::{EntryId, Owner, PageRequest, Tags, Timestamp};

/// An action to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAction {
    /// The entry it is about.
    pub entry_id: EntryId,
    /// When.
    pub timestamp: Timestamp,
    /// Name of the client, if it gave one.
    pub platform: Option<String>,
    /// What was done.
    pub action: String,
    /// More about it.
    pub detail: Option<String>,
    /// Its own tags.
    pub tags: Tags,
}

/// An action in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Counts up.
    pub id: i64,
    /// What was logged.
    pub logged: NewAction,
}

/// The log of an owner's actions.
pub struct Actions<'a> {
    session: &'a Session,
    owner: &'a Owner,
}

impl<'a> Actions<'a> {
    pub(super) fn new(session: &'a Session, owner: &'a Owner) -> Self {
        Self { session, owner }
    }

    /// Logs an action on an entry that exists; returns its number.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails or the entry does not exist.
    pub async fn log(&self, action: &NewAction) -> Result<i64, StoreError> {
        let row = actions::ActiveModel {
            entry_id: Set(action.entry_id.as_str().to_owned()),
            timestamp: Set(action.timestamp.utc()),
            platform: Set(action.platform.clone()),
            action: Set(action.action.clone()),
            detail: Set(action.detail.clone()),
            tags: Set(action.tags.to_json()),
            owner_id: Set(self.owner.as_str().to_owned()),
            ..Default::default()
        };
        let logged = actions::Entity::insert(row)
            .exec(self.session.connection())
            .await;

        Ok(self.session.check(logged)?.last_insert_id)
    }

    /// Lists the actions that carry all of the tags, newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list(
        &self,
        filter: &LogFilter,
        tags: &Tags,
        page: PageRequest,
    ) -> Result<Vec<Action>, StoreError> {
        use actions::Column::{EntryId, Platform, Timestamp};
        let dialect = self.session.dialect();
        let tagged = (!tags.is_empty()).then(|| dialect.action_has_tags(tags.as_slice()));
        let meant = filter.condition(EntryId, Timestamp, Platform);
        let query = scope::find::<actions::Entity>(self.owner)
            .filter(meant.add_option(tagged))
            .order_by_desc(actions::Column::Timestamp)
            .order_by_desc(actions::Column::Id);
        let rows: Vec<actions::Model> = self.session.fetch(query, Rows::Page(page)).await?;

        Ok(rows
            .into_iter()
            .map(|row| Action {
                id: row.id,
                logged: NewAction {
                    entry_id: row.entry_id.into(),
                    timestamp: row.timestamp.into(),
                    platform: row.platform,
                    action: row.action,
                    detail: row.detail,
                    tags: Tags::from_stored(row.tags),
                },
            })
            .collect())
    }
}
