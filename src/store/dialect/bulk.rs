//! Many rows in one statement: one text, prepared once, whatever the number of rows.

use sea_orm::{DbBackend, Statement};
use serde_json::Value;

use super::Dialect;

impl Dialect {
    /// Inserts reads given as `[entry, timestamp, platform, tool]`, of entries that exist and belong to the owner.
    pub(in crate::store) fn log_reads(self, owner: &str, reads: Value) -> Statement {
        let (backend, text) = match self {
            Self::Sqlite => (
                DbBackend::Sqlite,
                r"
                INSERT INTO reads (owner_id, entry_id, timestamp, platform, tool_used)
                SELECT
                    entries.owner_id,
                    entries.id,
                    fresh.value ->> 1,
                    fresh.value ->> 2,
                    fresh.value ->> 3
                FROM json_each($2) AS fresh
                CROSS JOIN entries ON entries.id = fresh.value ->> 0
                WHERE entries.owner_id = $1",
            ),
            Self::Postgres => (
                DbBackend::Postgres,
                r"
                INSERT INTO reads (owner_id, entry_id, timestamp, platform, tool_used)
                SELECT
                    entries.owner_id,
                    entries.id,
                    CAST(fresh ->> 1 AS TIMESTAMPTZ),
                    fresh ->> 2,
                    fresh ->> 3
                FROM jsonb_array_elements($2) WITH ORDINALITY AS given (fresh, place)
                JOIN entries ON entries.id = fresh ->> 0
                WHERE entries.owner_id = $1
                ORDER BY place",
            ),
        };

        Statement::from_sql_and_values(backend, text, [owner.into(), reads.into()])
    }
}
