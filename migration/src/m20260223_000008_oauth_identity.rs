//! Lets a user carry the identity an OAuth issuer knows them by.

use sea_orm_migration::prelude::*;

use crate::sql;

pub(crate) struct OauthIdentity;

crate::step::step!(
    OauthIdentity,
    "m20260223_000008_oauth_identity",
    adds "OAuth identities of users",
    down drops "the OAuth identities of users"
);

#[async_trait::async_trait]
impl MigrationTrait for OauthIdentity {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["oauth_subject", "oauth_issuer"] {
            if !manager.has_column("users", column).await? {
                let add = format!("ALTER TABLE users ADD COLUMN {column} TEXT");
                sql::run(manager, &[&add]).await?;
            }
        }

        sql::run(
            manager,
            &[
                r"CREATE UNIQUE INDEX IF NOT EXISTS ix_users_oauth_identity
                  ON users (oauth_issuer, oauth_subject)
                  WHERE oauth_issuer IS NOT NULL",
                r"CREATE INDEX IF NOT EXISTS ix_users_oauth_subject
                  ON users (oauth_subject)
                  WHERE oauth_subject IS NOT NULL",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(
            manager,
            &[
                "DROP INDEX ix_users_oauth_subject",
                "DROP INDEX ix_users_oauth_identity",
                "ALTER TABLE users DROP COLUMN oauth_issuer",
                "ALTER TABLE users DROP COLUMN oauth_subject",
            ],
        )
        .await
    }
}
