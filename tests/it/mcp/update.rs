//! Changing entries, and refusing to.

use serde_json::{Value, json};

use super::{entry, id_of, remember, stop};
use crate::support::{Database, Product, both_databases};

both_databases! {
    async fn each_field_changes_and_leaves_its_old_value(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = id_of(
            &session
                .call("remember", json!({
                    "source": "s", "description": "d", "tags": ["a"], "content": "c", "content_type": "text/x", "language": "en",
                }))
                .await,
        );

        let mut updates = Vec::new();
        for (field, value) in [
            ("description", json!("D")), ("source", json!("S")), ("tags", json!([])), ("content", json!({"k": 1})),
            ("content_type", json!("application/json")), ("language", json!("fr")),
        ] {
            let reply = session.call("update_entry", json!({"entry_id": id, field: value})).await;
            assert_eq!((&reply["status"], &reply["id"]), (&json!("ok"), &json!(id)));
            updates.push(reply["updated"].clone());
        }

        let stored = entry(&session, &id).await;
        let history: Vec<_> = stored["data"]["changelog"].as_array().unwrap().iter().map(|item| item["changed"].clone()).collect();
        assert_eq!(history, [
            json!({"description": "d"}), json!({"source": "s"}), json!({"tags": ["a"]}), json!({"content": "c"}),
            json!({"content_type": "text/x"}), json!({"language": "english"}),
        ]);
        assert_eq!(stored["data"]["content"], "{\"k\":1}");
        assert_eq!((&stored["source"], &stored["language"], &stored["tags"]), (&json!("S"), &json!("french"), &json!([])));
        assert_eq!(stored["updated"], updates[5]);
        assert_eq!(stored["created"], "2031-02-03T04:05:06.001000+00:00");
        stop(product).await;
    }

    async fn what_is_equal_already_is_no_change(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &["a", "b"]).await;

        let reply = session
            .call("update_entry", json!({"entry_id": id, "description": "d", "tags": ["a", "b"], "source": "garden", "language": "simple"}))
            .await;

        assert_eq!(reply["updated"], Value::Null);
        assert!(entry(&session, &id).await["data"].get("changelog").is_none());
        stop(product).await;
    }

    async fn the_first_content_is_stored_and_noted_as_new(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;

        session.call("update_entry", json!({"entry_id": id, "content": "first"})).await;

        let stored = entry(&session, &id).await;
        assert_eq!(stored["data"]["content"], "first");
        assert_eq!(stored["data"]["changelog"][0]["changed"], json!({"content": null}));
        stop(product).await;
    }

    async fn nothing_to_change_is_refused_before_anything_is_looked_up(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let error = session.refused("update_entry", json!({"entry_id": "unknown"})).await;

        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("content")));
        for field in ["description", "source", "tags", "content", "content_type", "language"] {
            assert!(error["message"].as_str().unwrap().contains(field), "{field}");
        }
        stop(product).await;
    }

    async fn unknown_deleted_and_foreign_entries_are_not_found_alike(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let deleted = remember(&ann, "deleted", &[]).await;
        ann.call("delete_entry", json!({"entry_id": deleted})).await;
        let foreign = remember(&bob, "foreign", &[]).await;

        for id in ["unknown", &deleted, &foreign] {
            let error = ann.refused("update_entry", json!({"entry_id": id, "description": "x"})).await;
            assert_eq!((&error["code"], &error["param"], &error["value"]), (&json!("not_found"), &json!("entry_id"), &json!(id)));
        }
        stop(product).await;
    }

    async fn reports_suppressions_and_schemas_say_what_to_do_instead(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let raw = database.connect().await;
        for kind in ["status", "alert", "suppression", "schema"] {
            raw.run(&format!(
                "INSERT INTO entries (id, type, source, created) VALUES ('{kind}', '{kind}', 's', '2031-01-01T00:00:00+00:00')"
            ))
            .await;

            let error = session.refused("update_entry", json!({"entry_id": kind, "description": "x"})).await;

            let code = if kind == "schema" { "schema_immutable" } else { "entry_immutable" };
            assert_eq!((&error["code"], &error["entry_type"]), (&json!(code), &json!(kind)));
        }
        stop(product).await;
    }

    async fn moving_to_a_place_that_is_taken_is_a_conflict(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let keyed = |source: &str| json!({"source": source, "description": source, "tags": [], "logical_key": "k"});
        let here = id_of(&session.call("remember", keyed("here")).await);
        let there = id_of(&session.call("remember", keyed("there")).await);

        let error = session.refused("update_entry", json!({"entry_id": here, "source": "there", "description": "x"})).await;

        assert_eq!((&error["code"], &error["existing_id"]), (&json!("conflict"), &json!(there)));
        assert_eq!(entry(&session, &here).await["data"]["description"], "here", "nothing was changed");
        stop(product).await;
    }

    async fn a_records_content_is_validated_and_stays_json(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let raw = database.connect().await;
        raw.run(
            r#"INSERT INTO entries (id, type, source, created, data) VALUES
               ('schema', 'schema', 's', '2031-01-01T00:00:00+00:00',
                '{"family": "f", "version": "1", "schema": {"type": "integer"}}'),
               ('record', 'record', 's', '2031-01-01T00:00:00+00:00',
                '{"schema_ref": "f", "schema_version": "1", "content": 1}'),
               ('orphan', 'record', 's', '2031-01-01T00:00:00+00:00',
                '{"schema_ref": "f", "schema_version": "9", "content": 1}')"#,
        )
        .await;
        let update = |id: &str, content: Value| json!({"entry_id": id, "content": content});

        let bad = session.refused("update_entry", update("record", json!("2"))).await;
        let orphan = session.refused("update_entry", update("orphan", json!(2))).await;
        session.call("update_entry", update("record", json!(2))).await;
        session.call("update_entry", json!({"entry_id": "orphan", "description": "no validation"})).await;

        assert_eq!(bad["code"], "validation_failed");
        assert_eq!(bad["validation_errors"][0]["path"], "$");
        assert_eq!(bad["validation_errors"][0]["validator"], "type");
        assert_eq!(orphan["code"], "schema_not_found");
        assert_eq!(orphan["searched_owners"], json!(["ann", "_system"]));
        let stored = entry(&session, "record").await;
        assert_eq!(stored["data"]["content"], 2);
        assert_eq!(stored["data"]["changelog"][0]["changed"], json!({"content": 1}));
        stop(product).await;
    }

    async fn ten_clients_changing_one_entry_lose_no_history(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;
        let mut tasks = Vec::new();
        for number in 0..10 {
            let (session, id) = (product.session().await, id.clone());
            tasks.push(tokio::spawn(async move {
                session.call("update_entry", json!({"entry_id": id, "description": format!("d{number}")})).await
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }

        let stored = entry(&session, &id).await;
        assert_eq!(stored["data"]["changelog"].as_array().unwrap().len(), 10);
        stop(product).await;
    }
}
