//! The history of the schema, on both databases: the founding change above all.

mod history;
mod owner_step;
mod runner;
mod schema;

use crate::support::Raw;

/// Steps before the one that gives every row an owner.
const BEFORE_OWNERS: u32 = 4;

/// The columns of an entry as they were before owners, in the order of the table.
const ENTRY_COLUMNS: &str =
    "id, type, source, created, updated, expires, deleted, tags, data, logical_key";

/// A kind of entry and what such an entry may hold.
const EVERY_KIND: [(&str, &str); 10] = [
    ("status", r#"{"metrics": {"cpu": 0.5}, "ttl_sec": 120}"#),
    (
        "alert",
        r#"{"alert_id": "a1", "level": "warning", "message": "hot", "resolved": false}"#,
    ),
    (
        "pattern",
        r#"{"description": "rule", "conditions": {}, "effect": "hot"}"#,
    ),
    (
        "suppression",
        r#"{"metric": null, "suppress_level": "warning"}"#,
    ),
    (
        "context",
        r#"{"description": "passing", "unknown": [1, 2.5, null, true]}"#,
    ),
    (
        "preference",
        r#"{"key": "verbosity", "value": "brief", "scope": "global"}"#,
    ),
    (
        "note",
        r#"{"description": "O''Brien {0} 100%s $$ \\ Ünïcode", "content": "text"}"#,
    ),
    (
        "intention",
        r#"{"goal": "order filters", "state": "pending"}"#,
    ),
    ("schema", r#"{"family": "f", "version": "1", "schema": {}}"#),
    (
        "record",
        r#"{"schema_ref": "f", "schema_version": "1", "content": null}"#,
    ),
];

/// Rows as JSON text, sorted, so that two states of a table can be compared.
pub(crate) async fn dump(raw: &Raw, table: &str, columns: &str) -> Vec<String> {
    let array = if raw.is_postgres() {
        "jsonb_build_array"
    } else {
        "json_array"
    };
    let query = format!("SELECT CAST({array}({columns}) AS TEXT) FROM {table} ORDER BY 1");

    raw.texts(&query).await
}

/// Fills a database that stands before the owner step: an entry of every kind, one in the trash, one expired, one with
/// a history, and reads, actions and an embedding.
async fn fill_before_owners(raw: &Raw) {
    for (number, (kind, data)) in EVERY_KIND.into_iter().enumerate() {
        let updated = if number % 2 == 0 {
            "2031-01-01T00:00:00+00:00"
        } else {
            "2031-01-02T00:00:00.5+00:00"
        };
        raw.run(&format!(
            r#"INSERT INTO entries (id, type, source, created, updated, tags, data, logical_key)
               VALUES ('id-{number}', '{kind}', 'source', '2031-01-01T00:00:00+00:00', '{updated}',
                       '["b", "a", "b"]', '{data}', 'key-{number}')"#
        ))
        .await;
    }
    raw.run(
        r#"INSERT INTO entries (id, type, source, created, updated, expires, deleted, tags, data) VALUES
           ('trashed', 'note', 'source', '2031-01-01T00:00:00.123456+00:00', '2031-01-03T00:00:00+00:00',
            '2031-02-02T00:00:00+00:00', '2031-01-03T00:00:00+00:00', '[]',
            '{"_original_expires": "2031-05-01T00:00:00+00:00"}'),
           ('expired', 'context', 'source', '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00',
            '2020-01-01T00:00:00+00:00', NULL, '[]', '{"description": "over"}'),
           ('changed', 'note', '', '2031-01-01T00:00:00+00:00', '2031-01-04T00:00:00+00:00', NULL, NULL, '[]',
            '{"description": "new", "changelog": [{"updated": "x", "changed": {"description": "old"}}]}')"#,
    )
    .await;
    raw.run(
        "INSERT INTO reads (entry_id, timestamp, tool_used) VALUES
         ('id-6', '2031-01-05T00:00:00+00:00', 'get_knowledge'), ('id-6', '2031-01-06T00:00:00+00:00', 'search')",
    )
    .await;
    raw.run(
        r#"INSERT INTO actions (entry_id, timestamp, action, tags)
           VALUES ('id-1', '2031-01-05T00:00:00+00:00', 'restarted', '["x"]')"#,
    )
    .await;
    let vector = if raw.is_postgres() {
        r"'\x0000803f'"
    } else {
        "x'0000803f'"
    };
    raw.run(&format!(
        "INSERT INTO embeddings (entry_id, model, dimensions, text_hash, embedding, created)
         VALUES ('id-6', 'm', 1, 'h', {vector}, '2031-01-05T00:00:00+00:00')"
    ))
    .await;
}

/// An entry at the newest schema with everything that can hang off one.
async fn fill_one_of_everything(raw: &Raw) {
    raw.run(
        r#"INSERT INTO entries (id, type, source, created, tags)
           VALUES ('id', 'note', 's', '2031-01-01T00:00:00+00:00', '["t"]')"#,
    )
    .await;
    raw.run("INSERT INTO reads (entry_id, timestamp) VALUES ('id', '2031-01-01T00:00:00+00:00')")
        .await;
    raw.run("INSERT INTO actions (entry_id, timestamp, action) VALUES ('id', '2031-01-01T00:00:00+00:00', 'a')").await;
    raw.run(
        "INSERT INTO embeddings (entry_id, model, dimensions, text_hash, embedding, created)
         VALUES ('id', 'm', 0, 'h', '', '2031-01-01T00:00:00+00:00')",
    )
    .await;
    raw.run("INSERT INTO entry_words (entry_id, owner_id, terms) VALUES ('id', 'ann', ' t ')")
        .await;
}
