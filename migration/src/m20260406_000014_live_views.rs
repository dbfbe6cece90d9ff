//! Lets what a briefing, a log or a guard asks for be read from an index: live alerts, waiting intentions, reads and
//! actions by time, records by the schema they are pinned to.
//!
//! A schema becomes unique by owner, family and version, whatever its source. Of several left by older writers the first
//! stays, because it is the one records were validated with; the others go to the trash with the usual thirty days.

use sea_orm_migration::prelude::*;

use crate::{m20260316_000011_unique_identities as identities, sql};

pub(crate) struct LiveViews;

crate::step::step!(
    LiveViews,
    "m20260406_000014_live_views",
    adds "indexes for briefings, logs and schemas",
    down drops "those indexes; no row"
);

#[async_trait::async_trait]
impl MigrationTrait for LiveViews {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::see_all_owners(manager).await?;
        identities::trash_duplicates(manager, &SCHEMA, identities::Keep::Oldest).await?;

        let (unresolved, by_text) = if sql::is_postgres(manager) {
            (
                "(data -> 'resolved') IS DISTINCT FROM 'true'::jsonb",
                r#"(data ->> 'deliver_at') COLLATE "C""#,
            )
        } else {
            (
                "json_type(data, '$.resolved') IS NOT 'true'",
                "(data ->> 'deliver_at')",
            )
        };
        let alerts = format!(
            r"CREATE INDEX idx_entries_live_alerts
              ON entries (owner_id, source, COALESCE(updated, created), id)
              WHERE type = 'alert' AND deleted IS NULL AND {unresolved}"
        );
        let intentions = format!(
            r"CREATE INDEX idx_entries_waiting_intentions
              ON entries (owner_id, {by_text})
              WHERE type = 'intention' AND deleted IS NULL AND (data ->> 'state') IN ('pending', 'snoozed')"
        );
        sql::run(manager, &[&alerts, &intentions]).await?;

        sql::run(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, &PLAIN_INDEXES).await
    }
}

const SCHEMA: identities::Identity = identities::Identity {
    kind: "schema",
    columns: ["(data ->> 'family')", "(data ->> 'version')"],
    index: "idx_entries_schema_identity",
};

const INDEXES: [&str; 7] = [
    r"CREATE UNIQUE INDEX idx_entries_schema_identity
      ON entries (owner_id, (data ->> 'family'), (data ->> 'version'))
      WHERE type = 'schema' AND deleted IS NULL",
    r"CREATE INDEX idx_entries_record_pins
      ON entries (owner_id, (data ->> 'schema_ref'), (data ->> 'schema_version'), created, id)
      WHERE type = 'record' AND deleted IS NULL",
    r"CREATE INDEX idx_entries_owner_created
      ON entries (owner_id, created, id)
      WHERE deleted IS NULL",
    r"DROP INDEX idx_reads_owner",
    r"CREATE INDEX idx_reads_owner ON reads (owner_id, timestamp, id)",
    r"DROP INDEX idx_actions_owner",
    r"CREATE INDEX idx_actions_owner ON actions (owner_id, timestamp, id)",
];

const PLAIN_INDEXES: [&str; 9] = [
    r"DROP INDEX idx_actions_owner",
    r"CREATE INDEX idx_actions_owner ON actions (owner_id)",
    r"DROP INDEX idx_reads_owner",
    r"CREATE INDEX idx_reads_owner ON reads (owner_id)",
    r"DROP INDEX idx_entries_owner_created",
    r"DROP INDEX idx_entries_record_pins",
    r"DROP INDEX idx_entries_schema_identity",
    r"DROP INDEX idx_entries_waiting_intentions",
    r"DROP INDEX idx_entries_live_alerts",
];
