//! Lets the database itself guarantee one status a source, one alert a (source, `alert_id`) and one preference a
//! (key, scope), per owner and outside the trash.
//!
//! Duplicates left by old races are merged first: the newest stays, the others go to the trash with the usual thirty
//! days, so that nothing is lost unseen.

use chrono::Duration;
use sea_orm_migration::prelude::*;

use crate::sql;

/// Days a trashed entry can be restored.
const RETENTION_DAYS: i64 = 30;

pub(crate) struct UniqueIdentities;

crate::step::step!(
    UniqueIdentities,
    "m20260316_000011_unique_identities",
    adds "one status a source, one alert an id, one preference a key",
    down drops "the three unique indexes; no row"
);

/// What makes two entries of a kind the same entry.
pub(crate) struct Identity {
    pub(crate) kind: &'static str,
    /// What identifies such an entry beside its owner. A NULL among them is equal to nothing, as in any unique index.
    pub(crate) columns: [&'static str; 2],
    pub(crate) index: &'static str,
}

/// Which of several with one identity stays.
#[derive(Clone, Copy)]
pub(crate) enum Keep {
    Newest,
    Oldest,
}

const IDENTITIES: [Identity; 3] = [
    Identity {
        kind: "status",
        columns: ["source", "type"],
        index: "idx_entries_status_identity",
    },
    Identity {
        kind: "alert",
        columns: ["source", "(data ->> 'alert_id')"],
        index: "idx_entries_alert_identity",
    },
    Identity {
        kind: "preference",
        columns: ["(data ->> 'key')", "(data ->> 'scope')"],
        index: "idx_entries_preference_identity",
    },
];

#[async_trait::async_trait]
impl MigrationTrait for UniqueIdentities {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::see_all_owners(manager).await?;
        for identity in &IDENTITIES {
            trash_duplicates(manager, identity, Keep::Newest).await?;
            let Identity {
                kind,
                columns: [first, second],
                index,
            } = identity;
            let create = format!(
                r"
                CREATE UNIQUE INDEX {index}
                ON entries (owner_id, {first}, {second})
                WHERE type = '{kind}' AND deleted IS NULL"
            );
            sql::run(manager, &[&create]).await?;
        }

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for Identity { index, .. } in &IDENTITIES {
            sql::run(manager, &[&format!("DROP INDEX {index}")]).await?;
        }

        Ok(())
    }
}

/// Puts all but one of the active entries with one identity into the trash.
pub(crate) async fn trash_duplicates(
    manager: &SchemaManager<'_>,
    identity: &Identity,
    keep: Keep,
) -> Result<(), DbErr> {
    let Identity {
        kind,
        columns: [first, second],
        ..
    } = identity;
    let order = match keep {
        Keep::Newest => "COALESCE(updated, created) DESC, id DESC",
        Keep::Oldest => "created, id",
    };
    let now = sql::now();
    let keep_expiry = if sql::is_postgres(manager) {
        r#"CASE WHEN expires IS NULL
               THEN data - '_original_expires'
               ELSE jsonb_set(
                   data,
                   '{_original_expires}',
                   to_jsonb(to_char(expires AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'))
               )
           END"#
    } else {
        r"CASE WHEN expires IS NULL
              THEN json_remove(data, '$._original_expires')
              ELSE json_set(data, '$._original_expires', expires)
          END"
    };

    let statement = format!(
        r"
        UPDATE entries
        SET data = {keep_expiry}, deleted = $1, expires = $2
        WHERE id IN (
            SELECT id
            FROM (
                SELECT
                    id,
                    ROW_NUMBER() OVER (
                        PARTITION BY owner_id, {first}, {second}
                        ORDER BY {order}
                    ) AS place
                FROM entries
                WHERE type = '{kind}'
                    AND deleted IS NULL
                    AND {first} IS NOT NULL
                    AND {second} IS NOT NULL
            ) AS ranked
            WHERE place > 1
        )"
    );
    sql::run_with(
        manager,
        &statement,
        [now.into(), (now + Duration::days(RETENTION_DAYS)).into()],
    )
    .await
}
