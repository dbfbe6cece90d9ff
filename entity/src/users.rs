//! People and programs that own entries. `owner_id` elsewhere does not refer to it: data may exist before its user.

use sea_orm::entity::prelude::*;

/// One user.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// The text that stands in `owner_id`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub id: String,
    /// As typed.
    #[sea_orm(column_type = "Text", nullable)]
    pub email: Option<String>,
    /// Lower-case, without the parts providers ignore; unique.
    #[sea_orm(column_type = "Text", nullable)]
    pub canonical_email: Option<String>,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// In E.164 form; may be shared.
    #[sea_orm(column_type = "Text", nullable)]
    pub phone: Option<String>,
    /// Whether the number was confirmed.
    pub phone_verified: bool,
    /// An argon2id PHC string.
    #[sea_orm(column_type = "Text", nullable)]
    pub password_hash: Option<String>,
    /// What to call them.
    #[sea_orm(column_type = "Text", nullable)]
    pub display_name: Option<String>,
    /// IANA name; default `UTC`.
    #[sea_orm(column_type = "Text", nullable)]
    pub timezone: Option<String>,
    /// A JSON object.
    #[sea_orm(column_type = "JsonBinary")]
    pub preferences: Json,
    /// When the user was made, UTC.
    pub created: DateTimeUtc,
    /// When it was last changed; NULL until then.
    pub updated: Option<DateTimeUtc>,
    /// When it was closed; NULL is active.
    pub deleted: Option<DateTimeUtc>,
    /// The `sub` claim they sign in with.
    #[sea_orm(column_type = "Text", nullable)]
    pub oauth_subject: Option<String>,
    /// The `iss` claim, exactly as in the token.
    #[sea_orm(column_type = "Text", nullable)]
    pub oauth_issuer: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
