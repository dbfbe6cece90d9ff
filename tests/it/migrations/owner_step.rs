//! The founding change: every row gets an owner, and nothing else happens to it.

use awareness::domain::Owner;
use awareness::store::{Access, Store};
use migration::Direction;
use serde_json::json;

use super::{BEFORE_OWNERS, ENTRY_COLUMNS, dump, fill_before_owners};
use crate::support::{DEFAULT_OWNER, Database, Kind, Product, both_databases, run_empty};

/// Owners that have broken migrations before.
const HOSTILE: [&str; 11] = [
    "O'Brien",
    "a\"b",
    "x\\y",
    "x\\' OR 1=1",
    "{0}",
    "100%s",
    "'; DROP TABLE entries; --",
    "x'); DROP TABLE entries;--",
    "$$",
    "Ünïcode 日本",
    "qa-test-user",
];

async fn before_owners(kind: Kind) -> Database {
    let database = Database::empty(kind).await;
    database
        .migrate(Direction::Up, Some(BEFORE_OWNERS))
        .await
        .unwrap();
    fill_before_owners(&database.connect().await).await;

    database
}

run_empty! {
    async fn every_row_survives_the_owner_step_unchanged(kind: Kind) {
        let database = before_owners(kind).await;
        let raw = database.connect().await;
        let entries = dump(&raw, "entries", ENTRY_COLUMNS).await;
        let reads = dump(&raw, "reads", "id, entry_id, timestamp, platform, tool_used").await;
        let actions = dump(&raw, "actions", "id, entry_id, timestamp, action, detail, tags").await;
        let embeddings = dump(&raw, "embeddings", "id, entry_id, model, dimensions, text_hash").await;

        database.migrate(Direction::Up, Some(1)).await.unwrap();

        assert_eq!(dump(&raw, "entries", ENTRY_COLUMNS).await, entries);
        assert_eq!(dump(&raw, "reads", "id, entry_id, timestamp, platform, tool_used").await, reads);
        assert_eq!(dump(&raw, "actions", "id, entry_id, timestamp, action, detail, tags").await, actions);
        assert_eq!(dump(&raw, "embeddings", "id, entry_id, model, dimensions, text_hash").await, embeddings);
        for table in ["entries", "reads", "actions", "embeddings"] {
            let owners = raw.texts(&format!("SELECT DISTINCT owner_id FROM {table}")).await;
            assert_eq!(owners, [DEFAULT_OWNER], "{table}");
        }
        database
    }

    async fn after_the_whole_history_get_knowledge_returns_every_row_unchanged(kind: Kind) {
        let database = before_owners(kind).await;
        database.migrate(Direction::Up, None).await.unwrap();
        let product = Product::start(&database).await;
        let session = product.session().await;

        let mut seen = Vec::new();
        for entry_type in ["status", "alert", "pattern", "suppression", "context", "preference", "note", "intention",
                           "schema", "record"] {
            let page = session
                .call("get_knowledge", json!({
                    "entry_type": entry_type, "include_expired": true, "include_history": "true",
                }))
                .await;
            seen.extend(page["entries"].as_array().unwrap().clone());
        }
        let note = seen.iter().find(|entry| entry["id"] == "id-6").unwrap();
        let changed = seen.iter().find(|entry| entry["id"] == "changed").unwrap();

        assert_eq!(seen.len(), 12, "all but the one in the trash");
        assert_eq!(note["data"], json!({"description": "O'Brien {0} 100%s $$ \\ Ünïcode", "content": "text"}));
        assert_eq!(note["tags"], json!(["b", "a", "b"]));
        assert_eq!(note["logical_key"], "key-6");
        assert_eq!(note["created"], "2031-01-01T00:00:00+00:00");
        assert_eq!(note["updated"], json!(null), "it equalled created");
        assert_eq!(changed["updated"], "2031-01-04T00:00:00+00:00");
        assert_eq!(changed["data"]["changelog"][0]["changed"]["description"], "old");
        let trash = session.call("get_deleted", json!({"mode": "list"})).await;
        assert_eq!(trash["entries"][0]["id"], "trashed");
        product.service.shut_down().await;
        database
    }

    async fn an_insert_that_names_no_owner_gets_the_default_owner(kind: Kind) {
        let database = before_owners(kind).await;
        database.migrate(Direction::Up, None).await.unwrap();
        let raw = database.connect().await;

        raw.run(
            "INSERT INTO entries (id, type, source, created) VALUES ('new', 'note', 's', '2031-01-01T00:00:00+00:00')",
        )
        .await;
        raw.run("INSERT INTO reads (entry_id, timestamp) VALUES ('new', '2031-01-01T00:00:00+00:00')").await;
        raw.run("INSERT INTO actions (entry_id, timestamp, action) VALUES ('new', '2031-01-01T00:00:00+00:00', 'a')")
            .await;
        raw.run(
            "INSERT INTO embeddings (entry_id, model, dimensions, text_hash, embedding, created)
             VALUES ('new', 'm', 0, 'h', '', '2031-01-01T00:00:00+00:00')",
        )
        .await;

        for (table, id) in [("entries", "id"), ("reads", "entry_id"), ("actions", "entry_id"), ("embeddings", "entry_id")] {
            let owner = raw.texts(&format!("SELECT owner_id FROM {table} WHERE {id} = 'new'")).await;
            assert_eq!(owner, [DEFAULT_OWNER], "{table}");
        }
        database
    }

    async fn the_default_owner_has_one_user_row_with_nothing_but_its_id(kind: Kind) {
        let database = before_owners(kind).await;
        database.migrate(Direction::Up, Some(1)).await.unwrap();
        let raw = database.connect().await;

        let users = dump(&raw, "users", "id, email, timezone, CAST(preferences AS TEXT), updated, deleted").await;
        assert_eq!(users.len(), 1);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&users[0]).unwrap(),
            json!([DEFAULT_OWNER, null, "UTC", "{}", null, null])
        );
        database
    }

    async fn hostile_owner_names_survive_backfill_default_and_user_row(kind: Kind) {
        for owner in HOSTILE {
            let database = before_owners(kind).await;
            database.runner_for(owner).run(Direction::Up, None).await.unwrap();
            let raw = database.connect().await;
            raw.run(
                "INSERT INTO entries (id, type, source, created) VALUES ('new', 'note', 's', '2031-01-01T00:00:00+00:00')",
            )
            .await;

            assert_eq!(raw.texts("SELECT DISTINCT owner_id FROM entries").await, [owner]);
            let users = raw.texts("SELECT id FROM users WHERE id <> '_system'").await;
            assert_eq!(users, [owner]);
            assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 14, "{owner}");
            database.guard().remove().await;
        }
        Database::empty(kind).await
    }

    async fn the_step_can_be_repeated_on_a_database_that_has_part_of_it(kind: Kind) {
        let database = before_owners(kind).await;
        let raw = database.connect().await;
        raw.run("ALTER TABLE entries ADD COLUMN owner_id TEXT NOT NULL DEFAULT 'bob' CHECK (owner_id <> '')").await;

        database.migrate(Direction::Up, None).await.unwrap();

        assert_eq!(raw.texts("SELECT DISTINCT owner_id FROM entries").await, ["bob"]);
        assert_eq!(raw.texts("SELECT DISTINCT owner_id FROM reads").await, [DEFAULT_OWNER]);
        database
    }
}

both_databases! {
    async fn the_same_key_under_two_owners_is_two_entries(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let note = json!({"source": "s", "description": "d", "tags": [], "logical_key": "k"});

        let first = ann.call("remember", note.clone()).await;
        let second = bob.call("remember", note).await;

        assert_eq!((&first["action"], &second["action"]), (&json!("created"), &json!("created")));
        assert_ne!(first["id"], second["id"]);
        product.service.shut_down().await;
    }

    async fn the_same_key_twice_is_one_entry_with_the_second_description_and_a_history(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for description in ["first", "second"] {
            session
                .call("remember", json!({"source": "s", "description": description, "tags": [], "logical_key": "k"}))
                .await;
        }

        let page = session.call("get_knowledge", json!({"include_history": "true"})).await;

        let entries = page["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0]["data"]["description"], "second");
        assert_eq!(entries[0]["data"]["changelog"][0]["changed"], json!({"description": "first"}));
        product.service.shut_down().await;
    }

    async fn data_may_belong_to_an_owner_who_has_no_user_row(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session_of("nobody yet").await;

        session.call("remember", json!({"source": "s", "description": "d", "tags": []})).await;

        let raw = database.connect().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM entries WHERE owner_id = 'nobody yet'").await, 1);
        assert_eq!(raw.number("SELECT COUNT(*) FROM users WHERE id = 'nobody yet'").await, 0);
        product.service.shut_down().await;
    }

    async fn the_column_default_the_user_row_and_the_running_owner_are_the_same(database: Database) {
        let raw = database.connect().await;
        raw.run("INSERT INTO entries (id, type, source, created) VALUES ('x', 'note', 's', '2031-01-01T00:00:00+00:00')")
            .await;
        let store = Store::open(&database.parsed_url()).await.unwrap();
        let owner = Owner::new(DEFAULT_OWNER).unwrap();

        let transaction = store.begin(&owner, Access::Read).await.unwrap();
        let found = transaction
            .entries()
            .find(&"x".into(), &awareness::store::EntryFilter::active())
            .await
            .unwrap();
        drop(transaction);

        assert!(found.is_some());
        assert_eq!(raw.number(&format!("SELECT COUNT(*) FROM users WHERE id = '{DEFAULT_OWNER}'")).await, 1);
        store.close().await;
    }
}
