//! Deleting, dry runs, and bringing back.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{descriptions, entry, id_of, remember, stop};
use crate::support::{Database, Product, Session, both_databases};

async fn trash(session: &Session, arguments: Value) -> Vec<Value> {
    session.call("get_deleted", arguments).await["entries"]
        .as_array()
        .unwrap()
        .clone()
}

both_databases! {
    async fn deleting_by_id_says_the_same_whatever_there_was(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let own = remember(&ann, "own", &[]).await;
        let foreign = remember(&bob, "foreign", &[]).await;

        let mut replies = Vec::new();
        for id in [&own, &own, &foreign, &"unknown".to_owned()] {
            let mut reply = ann.call("delete_entry", json!({"entry_id": id})).await;
            assert_eq!(reply["entry_id"], json!(id));
            reply["entry_id"] = Value::Null;
            replies.push(reply);
        }

        assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
        assert_eq!((&replies[0]["status"], &replies[0]["recoverable_days"]), (&json!("acknowledged"), &json!(30)));
        assert!(descriptions(&ann, json!({})).await.is_empty());
        assert_eq!(descriptions(&bob, json!({})).await, ["foreign"]);
        stop(product).await;
    }

    async fn a_dry_run_counts_exactly_and_changes_nothing(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "both", &["a", "b"]).await;
        remember(&session, "one", &["a"]).await;

        let dry = session.call("delete_entry", json!({"tags": ["a", "b"]})).await;
        let none = session.call("delete_entry", json!({"tags": ["none"]})).await;
        assert_eq!(descriptions(&session, json!({})).await.len(), 2);
        let done = session.call("delete_entry", json!({"tags": ["a", "b"], "confirm": true})).await;

        assert_eq!((&dry["status"], &dry["would_trash"], &dry["tags"]), (&json!("dry_run"), &json!(1), &json!(["a", "b"])));
        assert!(dry["message"].as_str().unwrap().contains("confirm"));
        assert_eq!(none["would_trash"], 0);
        assert_eq!(done, json!({"status": "ok", "trashed": 1, "tags": ["a", "b"], "recoverable_days": 30}));
        assert_eq!(descriptions(&session, json!({})).await, ["one"]);
        stop(product).await;
    }

    async fn a_source_goes_with_or_without_a_type(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "note", &[]).await;
        session.call("learn_pattern", json!({"source": "garden", "description": "pattern", "tags": []})).await;

        let dry = session.call("delete_entry", json!({"source": "garden"})).await;
        let pattern = session.call("delete_entry", json!({"source": "garden", "entry_type": "pattern", "confirm": true})).await;

        assert_eq!((&dry["would_trash"], &dry["source"], &dry["entry_type"]), (&json!(2), &json!("garden"), &Value::Null));
        assert_eq!((&pattern["trashed"], &pattern["entry_type"]), (&json!(1), &json!("pattern")));
        assert_eq!(descriptions(&session, json!({})).await, ["note"]);
        stop(product).await;
    }

    async fn an_id_comes_before_tags_and_tags_before_a_source(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "by id", &[]).await;
        remember(&session, "by tag", &["t"]).await;
        remember(&session, "by source", &[]).await;

        session.call("delete_entry", json!({"entry_id": id, "tags": ["t"], "source": "garden"})).await;
        assert_eq!(descriptions(&session, json!({})).await, ["by source", "by tag"]);
        session.call("delete_entry", json!({"entry_id": "", "tags": ["t"], "source": "garden", "confirm": true})).await;
        assert_eq!(descriptions(&session, json!({})).await, ["by source"]);
        session.call("delete_entry", json!({"tags": [], "source": "garden", "confirm": true})).await;
        assert!(descriptions(&session, json!({})).await.is_empty());
        stop(product).await;
    }

    async fn a_type_alone_is_not_enough_but_for_suppressions(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        database
            .connect()
            .await
            .run("INSERT INTO entries (id, type, source, created) VALUES ('s', 'suppression', '', '2031-01-01T00:00:00+00:00')")
            .await;

        for arguments in [json!({}), json!({"entry_type": "note"}), json!({"source": "", "confirm": true})] {
            let error = session.refused("delete_entry", arguments).await;
            assert_eq!(error["code"], "invalid_parameter");
            assert!(error.get("param").is_none());
        }
        let lifted = session.call("delete_entry", json!({"entry_type": "suppression", "confirm": true})).await;
        assert_eq!(lifted["trashed"], 1);
        assert_eq!(session.refused("delete_entry", json!({"source": "s", "entry_type": "x"})).await["param"], "entry_type");
        stop(product).await;
    }

    async fn a_count_that_changed_since_the_dry_run_is_refused(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "seen", &["t"]).await;
        remember(&session, "unseen", &["t"]).await;

        let error = session.refused("delete_entry", json!({"tags": ["t"], "confirm": true, "expected_count": 1})).await;

        assert_eq!((&error["code"], &error["expected"], &error["actual"]), (&json!("conflict"), &json!(1), &json!(2)));
        assert_eq!(descriptions(&session, json!({})).await.len(), 2, "nothing went");
        let done = session.call("delete_entry", json!({"tags": ["t"], "confirm": true, "expected_count": 2})).await;
        assert_eq!(done["trashed"], 2);
        stop(product).await;
    }

    async fn a_schema_in_use_stays_whichever_way_it_is_deleted(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let raw = database.connect().await;
        raw.run(
            r#"INSERT INTO entries (id, type, source, created, tags, data)
               VALUES ('schema', 'schema', 's', '2031-01-01T00:00:00+00:00', '["t"]', '{"family": "f:x", "version": "1"}'),
                      ('other', 'schema', 's2', '2031-01-01T00:00:00+00:00', '[]', '{"family": "f:x", "version": "2"}')"#,
        )
        .await;
        for number in 0..12 {
            raw.run(&format!(
                r#"INSERT INTO entries (id, type, source, created, tags, data)
                   VALUES ('r{number:02}', 'record', 's', '2031-01-01T00:00:{number:02}+00:00', '["t"]',
                           '{{"schema_ref": "f:x", "schema_version": "1", "content": 1}}')"#
            ))
            .await;
        }

        for arguments in [
            json!({"entry_id": "schema"}),
            json!({"source": "s", "entry_type": "schema"}),
            json!({"source": "s", "entry_type": "schema", "confirm": true}),
        ] {
            let error = session.refused("delete_entry", arguments).await;
            assert_eq!((&error["code"], &error["total_count"]), (&json!("schema_in_use"), &json!(12)));
            let named = error["referencing_records"].as_array().unwrap();
            assert_eq!((named.len(), &named[0]), (10, &json!("r00")));
        }
        assert_eq!(entry(&session, "schema").await["id"], "schema");
        session.call("delete_entry", json!({"entry_id": "other"})).await;
        let together = session.call("delete_entry", json!({"tags": ["t"], "confirm": true})).await;
        assert_eq!(together["trashed"], 13, "with all its records it may go");
        stop(product).await;
    }

    async fn what_is_restored_is_as_it_was(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let context = id_of(&session.call("add_context", json!({"source": "s", "description": "c", "tags": ["t"]})).await);
        let note = remember(&session, "n", &["t"]).await;
        let before = [entry(&session, &context).await, entry(&session, &note).await];
        session.call("delete_entry", json!({"tags": ["t"], "confirm": true})).await;

        let one = session.call("restore_entry", json!({"entry_id": context})).await;
        let again = session.call("restore_entry", json!({"entry_id": context})).await;
        let rest = session.call("restore_entry", json!({"tags": ["t"]})).await;

        assert_eq!(one, json!({"status": "ok", "restored": 1, "entry_id": context}));
        assert_eq!(again, json!({"status": "not_found", "restored": 0, "entry_id": context}));
        assert_eq!(rest, json!({"status": "ok", "restored": 1, "tags": ["t"]}));
        assert_eq!([entry(&session, &context).await, entry(&session, &note).await], before);
        for arguments in [json!({}), json!({"entry_id": "", "tags": []})] {
            let error = session.refused("restore_entry", arguments).await;
            assert_eq!(error["code"], "invalid_parameter");
        }
        stop(product).await;
    }

    async fn what_cannot_come_back_is_reported_and_the_rest_does(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let keyed = json!({"source": "s", "description": "first", "tags": ["t"], "logical_key": "k"});
        let first = id_of(&session.call("remember", keyed.clone()).await);
        remember(&session, "free", &["t"]).await;
        session.call("delete_entry", json!({"tags": ["t"], "confirm": true})).await;
        let second = id_of(&session.call("remember", keyed).await);

        let one = session.refused("restore_entry", json!({"entry_id": first})).await;
        let all = session.call("restore_entry", json!({"tags": ["t"]})).await;

        assert_eq!((&one["code"], &one["existing_id"]), (&json!("conflict"), &json!(second)));
        assert_eq!(all["restored"], 1);
        assert_eq!(all["conflicts"][0]["entry_id"], json!(first));
        assert_eq!(all["conflicts"][0]["existing_id"], json!(second));
        assert_eq!(trash(&session, json!({})).await.len(), 1);
        stop(product).await;
    }

    async fn of_two_with_one_key_the_last_deleted_comes_back(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for description in ["earlier", "later"] {
            let keyed = json!({"source": "s", "description": description, "tags": ["t"], "logical_key": "k"});
            session.call("remember", keyed).await;
            session.call("delete_entry", json!({"tags": ["t"], "confirm": true})).await;
        }

        let restored = session.call("restore_entry", json!({"tags": ["t"]})).await;

        assert_eq!(restored["restored"], 1);
        assert_eq!(restored["conflicts"].as_array().unwrap().len(), 1);
        assert_eq!(descriptions(&session, json!({})).await, ["later"]);
        stop(product).await;
    }

    async fn the_trash_tells_when_each_entry_was_deleted(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let first = remember(&session, "first", &[]).await;
        let second = id_of(&session.call("add_context", json!({"source": "s", "description": "second", "tags": []})).await);
        session.call("delete_entry", json!({"entry_id": second})).await;
        product.clock.advance(TimeDelta::hours(1));
        session.call("delete_entry", json!({"entry_id": first})).await;

        let full = trash(&session, json!({})).await;
        let list = trash(&session, json!({"mode": "list"})).await;
        let since = full[0]["deleted"].clone();

        assert_eq!([&full[0]["id"], &full[1]["id"]], [&json!(first), &json!(second)]);
        assert!(full.iter().all(|entry| entry["data"].get("_original_expires").is_none()));
        assert!(full[0]["deleted"].as_str().unwrap() < full[0]["expires"].as_str().unwrap());
        assert!(list[0].get("data").is_none() && list[0].get("read_count").is_none());
        assert_eq!(list[0]["deleted"], since);
        assert_eq!(trash(&session, json!({"since": since})).await.len(), 1);
        assert_eq!(trash(&session, json!({"limit": 1, "offset": 1})).await[0]["id"], json!(second));
        stop(product).await;
    }

    async fn the_trash_empties_itself_after_thirty_days(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "old", &[]).await;
        session.call("get_knowledge", json!({})).await;
        product.service.flush_reads().await;
        session.call("delete_entry", json!({"entry_id": id})).await;
        product.clock.advance(TimeDelta::days(29));
        assert_eq!(product.service.purge().await.unwrap(), 0);
        product.clock.advance(TimeDelta::days(1));

        assert_eq!(product.service.purge().await.unwrap(), 1);

        assert!(trash(&session, json!({})).await.is_empty());
        let raw = database.connect().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM reads").await, 0);
        stop(product).await;
    }
}
