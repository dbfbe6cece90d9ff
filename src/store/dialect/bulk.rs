//! Many rows in one statement: one text, prepared once, whatever the number of rows.

use sea_orm::{DbBackend, Statement};
use serde_json::Value;

use super::Dialect;

impl Dialect {
    /// Puts the parts of the kept counts together, where there are parts: one node at a time, in an order in which it
    /// cannot get in the way of another.
    pub(in crate::store) fn put_counts_together(self) -> Option<Statement> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(Statement::from_string(
                DbBackend::Postgres,
                r"
                WITH alone AS MATERIALIZED (
                    SELECT pg_try_advisory_xact_lock(hashtext('awareness entry_counts')) AS taken
                ),
                parts AS (
                    DELETE FROM entry_counts
                    WHERE slot <> 0 AND (SELECT taken FROM alone)
                    RETURNING owner_id, kind, name, count
                )
                INSERT INTO entry_counts (owner_id, kind, name, slot, count)
                SELECT owner_id, kind, name, 0, SUM(count)
                FROM parts
                GROUP BY owner_id, kind, name
                ORDER BY owner_id, kind, name
                ON CONFLICT (owner_id, kind, name, slot) DO UPDATE
                SET count = entry_counts.count + excluded.count",
            )),
        }
    }

    /// Inserts reads given as calls `{ids, timestamp, platform, tool}`, of entries that exist and belong to the owner.
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
                    call.timestamp,
                    call.platform,
                    call.tool
                FROM (
                    SELECT
                        value ->> 'timestamp' AS timestamp,
                        value ->> 'platform' AS platform,
                        value ->> 'tool' AS tool,
                        value -> 'ids' AS ids
                    FROM json_each($2)
                ) AS call
                CROSS JOIN json_each(call.ids) AS read
                CROSS JOIN entries ON entries.id = read.value
                WHERE entries.owner_id = $1",
            ),
            Self::Postgres => (
                DbBackend::Postgres,
                r"
                INSERT INTO reads (owner_id, entry_id, timestamp, platform, tool_used)
                SELECT
                    entries.owner_id,
                    entries.id,
                    call.timestamp,
                    call.platform,
                    call.tool
                FROM jsonb_to_recordset($2) AS call (
                    ids TEXT[],
                    timestamp TIMESTAMPTZ,
                    platform TEXT,
                    tool TEXT
                )
                CROSS JOIN unnest(call.ids) AS read (id)
                JOIN entries ON entries.id = read.id
                WHERE entries.owner_id = $1",
            ),
        };

        Statement::from_sql_and_values(backend, text, [owner.into(), reads.into()])
    }
}
