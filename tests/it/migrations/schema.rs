//! The schema as it ends up, against the contract and against the entities.

use std::collections::BTreeMap;

use entity::{actions, embeddings, entries, entry_tags, entry_words, read_counts, reads, users};
use sea_orm::{ColumnTrait, ColumnType, EntityTrait, IdenStatic, Iterable};

use crate::support::{Database, Raw, both_databases};

/// What hangs off an entry.
const HANGING: [&str; 6] = [
    "reads",
    "actions",
    "embeddings",
    "entry_tags",
    "entry_words",
    "read_counts",
];

/// A column: its family of types and whether it may be NULL.
type Columns = BTreeMap<String, (&'static str, bool)>;

fn declared<E: EntityTrait>() -> Columns {
    E::Column::iter()
        .map(|column| {
            let definition = column.def();
            let family = match definition.get_column_type() {
                ColumnType::Text | ColumnType::String(_) => "text",
                ColumnType::TimestampWithTimeZone => "time",
                ColumnType::JsonBinary => "json",
                ColumnType::BigInteger | ColumnType::Integer => "integer",
                ColumnType::Boolean => "boolean",
                ColumnType::Blob | ColumnType::VarBinary(_) => "bytes",
                other => panic!("{}: {other:?}", column.as_str()),
            };
            (column.as_str().to_owned(), (family, definition.is_null()))
        })
        .collect()
}

/// What an index of the nearest vectors is made of; no entity has it.
const NEAREST: &str = "nearest";

async fn all_columns(raw: &Raw, table: &str) -> Vec<String> {
    raw.texts(&if raw.is_postgres() {
        format!(
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'"
        )
    } else {
        format!("SELECT name FROM pragma_table_info('{table}')")
    })
    .await
}

async fn migrated(raw: &Raw, table: &str) -> Columns {
    let query = if raw.is_postgres() {
        format!(
            "SELECT column_name::text, data_type::text, is_nullable::text = 'YES'
             FROM information_schema.columns WHERE table_name = '{table}' AND column_name <> '{NEAREST}'"
        )
    } else {
        format!("SELECT name, lower(type), \"notnull\" = 0 FROM pragma_table_info('{table}')")
    };

    raw.rows(&query)
        .await
        .iter()
        .map(|row| {
            let name: String = row.try_get_by_index(0).unwrap();
            let kind: String = row.try_get_by_index(1).unwrap();
            let nullable: bool = row.try_get_by_index(2).unwrap();
            (name, (family(&kind), nullable))
        })
        .collect()
}

fn family(kind: &str) -> &'static str {
    match kind {
        "text" => "text",
        "timestamp with time zone" | "timestamp_with_timezone_text" => "time",
        "jsonb" | "jsonb_text" => "json",
        "integer" | "bigint" => "integer",
        "boolean" => "boolean",
        "bytea" | "blob" => "bytes",
        other => panic!("unknown column type {other}"),
    }
}

both_databases! {
    async fn every_entity_has_exactly_the_columns_of_its_table(database: Database) {
        let raw = database.connect().await;

        for (table, columns) in [
            ("actions", declared::<actions::Entity>()),
            ("embeddings", declared::<embeddings::Entity>()),
            ("entries", declared::<entries::Entity>()),
            ("entry_tags", declared::<entry_tags::Entity>()),
            ("entry_words", declared::<entry_words::Entity>()),
            ("read_counts", declared::<read_counts::Entity>()),
            ("reads", declared::<reads::Entity>()),
            ("users", declared::<users::Entity>()),
        ] {
            assert_eq!(migrated(&raw, table).await, columns, "{table}");
        }
    }

    async fn what_pgvector_is_needed_for_is_on_postgres_alone(database: Database) {
        let raw = database.connect().await;
        let has_column = all_columns(&raw, "embeddings").await.contains(&NEAREST.to_owned());

        assert_eq!(has_column, raw.is_postgres());
    }

    async fn every_index_of_the_contract_is_there_by_name_and_none_without_owner(database: Database) {
        let raw = database.connect().await;
        let query = if raw.is_postgres() {
            "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public'"
        } else {
            "SELECT name FROM sqlite_schema WHERE type = 'index'"
        };
        let indexes = raw.texts(query).await;

        for name in [
            "users_canonical_email_key", "ix_users_oauth_identity", "ix_users_oauth_subject", "idx_entries_owner",
            "idx_entries_owner_type", "idx_entries_owner_source", "idx_entries_owner_type_source",
            "idx_entries_source_logical_key", "idx_entries_language", "idx_reads_owner", "idx_reads_entry",
            "idx_reads_timestamp", "idx_actions_owner", "idx_actions_entry", "idx_actions_timestamp",
            "idx_embeddings_owner", "idx_embeddings_entry",
        ] {
            assert!(indexes.iter().any(|index| index == name), "{name} is missing");
        }
        for name in ["idx_entries_type", "idx_entries_source", "idx_entries_type_source"] {
            assert!(!indexes.iter().any(|index| index == name), "{name} is still there");
        }
    }

    async fn rows_that_readers_cannot_parse_are_refused_by_the_database(database: Database) {
        let raw = database.connect().await;
        let insert = |columns: &str, values: &str| {
            format!(
                "INSERT INTO entries (id, source, created, {columns}) VALUES ('x', 's', '2031-01-01T00:00:00+00:00', {values})"
            )
        };

        for (columns, values) in [
            ("type, tags", "'note', '{}'"),
            ("type, data", "'note', '[]'"),
            ("type", "'poem'"),
            ("type, owner_id", "'note', ''"),
            ("type, language", "'note', 'klingon'"),
        ] {
            let statement = insert(columns, values);
            assert!(raw.try_run(&statement).await.is_err(), "{statement}");
        }
        assert!(raw.try_run("INSERT INTO users (id, created) VALUES ('', '2031-01-01T00:00:00+00:00')").await.is_err());
        raw.run(&insert("type", "'note'")).await;
    }

    async fn users_may_share_a_phone_but_not_an_address_or_an_identity(database: Database) {
        let raw = database.connect().await;
        let user = |id: &str, columns: &str, values: &str| {
            format!("INSERT INTO users (id, created, {columns}) VALUES ('{id}', '2031-01-01T00:00:00+00:00', {values})")
        };

        raw.run(&user("a", "phone, canonical_email, oauth_issuer, oauth_subject", "'1', 'x@y', 'i', 's'")).await;
        raw.run(&user("b", "phone", "'1'")).await;
        raw.run(&user("c", "phone, oauth_issuer, oauth_subject", "'1', 'j', 's'")).await;
        raw.run(&user("d", "oauth_subject", "'s'")).await;
        raw.run(&user("e", "oauth_subject", "'s'")).await;
        assert!(raw.try_run(&user("f", "canonical_email", "'x@y'")).await.is_err());
        assert!(raw.try_run(&user("g", "oauth_issuer, oauth_subject", "'i', 's'")).await.is_err());
    }

    async fn deleting_an_entry_removes_all_that_hangs_off_it_and_trashing_it_removes_nothing(database: Database) {
        let raw = database.connect().await;
        super::super::fill_one_of_everything(&raw).await;
        let count = async |table: &str| raw.number(&format!("SELECT COUNT(*) FROM {table}")).await;

        raw.run("UPDATE entries SET deleted = '2031-01-01T00:00:00+00:00'").await;
        for table in HANGING {
            assert!(count(table).await > 0, "{table} lost its rows to the trash");
        }

        raw.run("DELETE FROM entries").await;
        for table in HANGING {
            assert_eq!(count(table).await, 0, "{table}");
        }
    }

    async fn the_tag_table_follows_every_change_of_an_entry(database: Database) {
        let raw = database.connect().await;
        raw.run(
            r#"INSERT INTO entries (id, type, source, created, tags)
               VALUES ('x', 'note', 's', '2031-01-01T00:00:00+00:00', '["a", "b", "a", 1]')"#,
        )
        .await;
        assert_eq!(raw.texts("SELECT tag FROM entry_tags ORDER BY tag").await, ["a", "b"]);

        raw.run(r#"UPDATE entries SET tags = '["c"]', updated = '2031-01-02T00:00:00+00:00'"#).await;
        raw.run("UPDATE entries SET deleted = '2031-01-03T00:00:00+00:00', owner_id = 'bob'").await;

        assert_eq!(raw.texts("SELECT tag FROM entry_tags").await, ["c"]);
        assert_eq!(raw.texts("SELECT owner_id FROM entry_tags WHERE deleted IS NOT NULL").await, ["bob"]);
        assert_eq!(raw.number("SELECT COUNT(*) FROM entry_tags JOIN entries ON entries.updated = touched").await, 1);
    }

    async fn counters_count_on_above_the_highest_number(database: Database) {
        let raw = database.connect().await;
        super::super::fill_one_of_everything(&raw).await;
        let highest = raw.number("SELECT MAX(id) FROM reads").await;

        raw.run("DELETE FROM reads").await;
        raw.run("INSERT INTO reads (entry_id, timestamp) VALUES ('id', '2031-01-01T00:00:00+00:00')").await;

        assert!(raw.number("SELECT MAX(id) FROM reads").await > highest);
    }
}
