//! Many rows in one statement: one text, prepared once, whatever the number of rows.

use sea_orm::{DbBackend, Statement};
use serde_json::Value;

use super::Dialect;

impl Dialect {
    /// Inserts reads given as `{entry_id, timestamp, platform, tool}`, of entries that exist and belong to the owner.
    ///
    /// On Postgres the rows are made columns first: behind row-level security an index is only used for a comparison
    /// that is leakproof, which looking into JSON is not.
    pub(in crate::store) fn log_reads(self, owner: &str, reads: Value) -> Statement {
        let (backend, text) = match self {
            Self::Sqlite => (
                DbBackend::Sqlite,
                r"
                INSERT INTO reads (owner_id, entry_id, timestamp, platform, tool_used)
                SELECT
                    entries.owner_id,
                    entries.id,
                    fresh.value ->> 'timestamp',
                    fresh.value ->> 'platform',
                    fresh.value ->> 'tool'
                FROM json_each($2) AS fresh
                CROSS JOIN entries ON entries.id = fresh.value ->> 'entry_id'
                WHERE entries.owner_id = $1",
            ),
            Self::Postgres => (
                DbBackend::Postgres,
                r"
                INSERT INTO reads (owner_id, entry_id, timestamp, platform, tool_used)
                SELECT
                    entries.owner_id,
                    entries.id,
                    fresh.timestamp,
                    fresh.platform,
                    fresh.tool
                FROM jsonb_to_recordset($2) AS fresh (
                    entry_id TEXT,
                    timestamp TIMESTAMPTZ,
                    platform TEXT,
                    tool TEXT
                )
                JOIN entries ON entries.id = fresh.entry_id
                WHERE entries.owner_id = $1",
            ),
        };

        Statement::from_sql_and_values(backend, text, [owner.into(), reads.into()])
    }
}
