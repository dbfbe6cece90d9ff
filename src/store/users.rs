//! Accounts. They have no owner: the whole table belongs to the server.

use entity::users;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, TryInsertResult};
use serde_json::Value;

use super::StoreError;
use super::transaction::Session;
use crate::domain::{Data, Owner, Timestamp};

/// A user, as far as the store knows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The text that stands in `owner_id`.
    pub id: String,
    /// What to call them.
    pub display_name: Option<String>,
    /// IANA name.
    pub timezone: Option<String>,
    /// Settings.
    pub preferences: Data,
    /// When the user was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Option<Timestamp>,
}

/// The accounts of the server.
pub struct Users<'a> {
    session: &'a Session,
}

impl<'a> Users<'a> {
    pub(super) fn new(session: &'a Session) -> Self {
        Self { session }
    }

    /// Makes a user with nothing but an id; returns whether there was none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn create_if_missing(
        &self,
        owner: &Owner,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = users::ActiveModel {
            id: Set(owner.as_str().to_owned()),
            created: Set(now.utc()),
            ..Default::default()
        };
        let created = users::Entity::insert(row)
            .on_conflict(
                OnConflict::column(users::Column::Id)
                    .do_nothing()
                    .to_owned(),
            )
            .try_insert()
            .exec_without_returning(self.session.connection())
            .await;

        Ok(matches!(
            self.session.check(created)?,
            TryInsertResult::Inserted(1)
        ))
    }

    /// Finds an active user.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn find(&self, id: &str) -> Result<Option<User>, StoreError> {
        let query = users::Entity::find_by_id(id).filter(users::Column::Deleted.is_null());
        let row: Option<users::Model> = self.session.fetch_first(query).await?;

        row.map(user_from_row).transpose()
    }

    /// Lists active users, by id.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn list(&self) -> Result<Vec<User>, StoreError> {
        let rows = users::Entity::find()
            .filter(users::Column::Deleted.is_null())
            .order_by_asc(users::Column::Id)
            .all(self.session.connection())
            .await;

        self.session
            .check(rows)?
            .into_iter()
            .map(user_from_row)
            .collect()
    }

    /// Removes a user's row; its data stays. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub async fn remove(&self, owner: &Owner) -> Result<bool, StoreError> {
        let removed = users::Entity::delete_by_id(owner.as_str())
            .exec(self.session.connection())
            .await;

        Ok(self.session.check(removed)?.rows_affected > 0)
    }
}

fn user_from_row(row: users::Model) -> Result<User, StoreError> {
    let Value::Object(preferences) = row.preferences else {
        return Err(StoreError::corrupt("users", "preferences is not an object"));
    };

    Ok(User {
        id: row.id,
        display_name: row.display_name,
        timezone: row.timezone,
        preferences,
        created: row.created.into(),
        updated: row.updated.map(Timestamp::from),
    })
}
