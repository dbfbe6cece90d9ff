//! Registering the shapes of records, and which of them a record may be pinned to.

use std::net::TcpListener;

use rmcp::ServiceError;
use rmcp::model::{CallToolRequestParams, ErrorCode};
use serde_json::{Value, json};

use super::{entry, id_of, knowledge, stop};
use crate::support::{Database, Product, Session, both_databases};

/// Arguments that register a schema.
fn schema(source: &str, family: &str, version: &str, body: Value) -> Value {
    json!({
        "source": source, "tags": [], "description": "d", "family": family, "version": version, "schema": body,
    })
}

/// Arguments that create a record.
fn record(family: &str, version: &str, content: Value) -> Value {
    json!({
        "source": "s", "tags": [], "description": "d", "logical_key": "k", "schema_ref": family,
        "schema_version": version, "content": content,
    })
}

async fn count(session: &Session, entry_type: &str) -> usize {
    knowledge(session, json!({"entry_type": entry_type}))
        .await
        .len()
}

both_databases! {
    async fn a_schema_is_known_by_its_family_and_version(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let body = json!({"type": "object", "required": ["litres"]});

        let reply = session.call("register_schema", schema("plant", "pump:reading", "2", body.clone())).await;

        let id = id_of(&reply);
        assert_eq!(reply, json!({"status": "ok", "id": id, "logical_key": "pump:reading:2"}));
        let stored = entry(&session, &id).await;
        assert_eq!((&stored["type"], &stored["source"]), (&json!("schema"), &json!("plant")));
        assert_eq!(stored["logical_key"], "pump:reading:2");
        assert_eq!(
            stored["data"],
            json!({
                "family": "pump:reading", "version": "2", "schema": body, "description": "d",
                "learned_from": "conversation",
            })
        );
        stop(product).await;
    }

    async fn blank_names_and_a_colon_in_the_version_are_refused(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let no_schema = json!({"type": "text"});

        for (family, version, param) in
            [("", "", "family"), (" \t", "1", "family"), ("f", "", "version"), ("f", " ", "version")]
        {
            let error = session.refused("register_schema", schema("s", family, version, no_schema.clone())).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!(param)));
            assert!(error.get("value").is_none());
        }
        let error = session.refused("register_schema", schema("s", "f", "1:2", no_schema)).await;
        assert_eq!((&error["param"], &error["value"]), (&json!("version"), &json!("1:2")));
        assert_eq!(count(&session, "schema").await, 0);
        stop(product).await;
    }

    async fn a_body_that_is_no_schema_is_refused_with_the_place(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for (body, place) in [
            (json!({"properties": {"a": {"type": "text"}}}), "properties/a/type"),
            (json!({"required": "a"}), "required"),
            (json!({"pattern": "("}), "pattern"),
        ] {
            let error = session.refused("register_schema", schema("s", "f", "1", body)).await;
            assert_eq!((&error["code"], &error["retryable"]), (&json!("invalid_schema"), &json!(false)));
            assert_eq!(error["schema_error_path"], place);
        }
        for body in [json!(true), json!("true"), json!([]), json!("[]")] {
            let error = session.refused("register_schema", schema("s", "f", "1", body.clone())).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("schema")), "{body}");
        }
        assert_eq!(count(&session, "schema").await, 0);
        session.call("register_schema", schema("s", "any", "1", json!({}))).await;
        session.call("register_schema", schema("s", "as-text", "1", json!("{\"type\": \"null\"}"))).await;
        stop(product).await;
    }

    async fn no_reference_leads_out_of_the_schema(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let remote = format!("http://{}/schema.json", listener.local_addr().unwrap());
        database
            .connect()
            .await
            .run(&format!(
                r#"INSERT INTO entries (id, type, source, created, data)
                   VALUES ('old', 'schema', 's', '2031-01-01T00:00:00+00:00',
                           '{{"family": "old", "version": "1", "schema": {{"$ref": "{remote}"}}}}')"#
            ))
            .await;

        for reference in [remote.as_str(), "file:///etc/hostname", "other.json", "#/$defs/none"] {
            for body in [json!({"$ref": reference}), json!({"properties": {"a": {"items": {"$ref": reference}}}})] {
                let error = session.refused("register_schema", schema("s", "f", "1", body)).await;
                assert_eq!(error["code"], "invalid_schema", "{reference}");
            }
        }
        let adopted = session.refused("create_record", record("old", "1", json!(1))).await;

        assert_eq!(adopted["code"], "validation_error");
        assert_eq!(count(&session, "record").await, 0);
        let connection = listener.accept();
        assert!(connection.is_err(), "the product called {remote}");
        stop(product).await;
    }

    async fn a_schema_may_refer_to_itself(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let tree = json!({"type": "object", "properties": {"children": {"items": {"$ref": "#"}}}, "required": ["name"]});
        session.call("register_schema", schema("s", "tree", "1", tree)).await;
        session.call("register_schema", schema("s", "loop", "1", json!({"$ref": "#"}))).await;

        let good = json!({"name": "a", "children": [{"name": "b", "children": []}]});
        session.call("create_record", record("tree", "1", good)).await;
        session.call("create_record", record("loop", "1", json!(1))).await;
        let error = session.refused("create_record", record("tree", "1", json!({"name": "a", "children": [{}]}))).await;

        assert_eq!(error["validation_errors"][0]["path"], "$.children[0]");
        stop(product).await;
    }

    async fn a_family_has_each_version_once_whatever_the_source(database: Database) {
        let product = Product::start(&database).await;
        let (session, bob) = (product.session().await, product.session_of("bob").await);
        let first = id_of(&session.call("register_schema", schema("here", "f", "1", json!({}))).await);

        for source in ["here", "there"] {
            let error = session.refused("register_schema", schema(source, "f", "1", json!({"type": "null"}))).await;
            assert_eq!((&error["code"], &error["retryable"]), (&json!("schema_already_exists"), &json!(false)));
            assert_eq!((&error["logical_key"], &error["existing_id"]), (&json!("f:1"), &json!(first)));
        }
        session.call("register_schema", schema("here", "f", "2", json!({}))).await;
        bob.call("register_schema", schema("here", "f", "1", json!({}))).await;
        session.call("delete_entry", json!({"entry_id": first})).await;
        let second = id_of(&session.call("register_schema", schema("there", "f", "1", json!({}))).await);

        let error = session.refused("restore_entry", json!({"entry_id": first})).await;
        assert_eq!((&error["code"], &error["existing_id"]), (&json!("conflict"), &json!(second)));
        stop(product).await;
    }

    async fn ten_clients_registering_one_version_make_one_schema(database: Database) {
        let product = Product::start(&database).await;
        let reader = product.session().await;
        for (family, sources) in [("apart", 10), ("together", 1)] {
            let mut tasks = Vec::new();
            for number in 0..10 {
                let session = product.session().await;
                let arguments = schema(&format!("s{}", number % sources), family, "1", json!({}));
                tasks.push(tokio::spawn(async move { session.result("register_schema", arguments).await }));
            }

            let mut registered = 0;
            for task in tasks {
                let result = task.await.unwrap();
                let text: Value = serde_json::from_str(&result.content[0].as_text().unwrap().text).unwrap();
                let error = &text["error"];
                match error["code"].as_str() {
                    None => registered += 1,
                    Some("schema_already_exists") => assert_eq!(error["logical_key"], format!("{family}:1")),
                    Some("conflict") => assert_eq!(error["retryable"], true),
                    Some(other) => panic!("{other}"),
                }
            }

            assert_eq!(registered, 1, "{family}");
        }
        assert_eq!(count(&reader, "schema").await, 2);
        stop(product).await;
    }

    async fn a_key_that_another_type_holds_is_no_duplicate(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let note = json!({"source": "s", "description": "d", "tags": [], "logical_key": "f:1"});
        let note = id_of(&session.call("remember", note).await);

        let error = session.refused("register_schema", schema("s", "f", "1", json!({}))).await;

        assert_eq!((&error["code"], &error["existing_type"]), (&json!("conflict"), &json!("note")));
        assert_eq!(error["existing_id"], json!(note));
        session.call("register_schema", schema("elsewhere", "f", "1", json!({}))).await;
        stop(product).await;
    }

    async fn a_store_that_fails_is_no_duplicate(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        database.connect().await.run("ALTER TABLE entry_words RENAME TO away").await;
        let Value::Object(arguments) = schema("s", "f", "1", json!({})) else {
            panic!("not an object");
        };

        let request = CallToolRequestParams::new("register_schema").with_arguments(arguments);
        let error = session.client().call_tool(request).await.unwrap_err();

        let ServiceError::McpError(error) = error else {
            panic!("{error:?}");
        };
        assert_eq!(error.code, ErrorCode::INTERNAL_ERROR);
        assert!(!error.message.contains("entry_words"), "{}", error.message);
        assert_eq!(count(&session, "schema").await, 0);
        stop(product).await;
    }

    async fn a_shared_schema_serves_everyone_until_they_have_their_own(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let raw = database.connect().await;
        raw.run(
            r#"INSERT INTO entries (id, type, source, created, owner_id, logical_key, data)
               VALUES ('shared', 'schema', 's', '2031-01-01T00:00:00+00:00', '_system', 'f:1',
                       '{"family": "f", "version": "1", "schema": {"type": "integer"}}')"#,
        )
        .await;

        for session in [&ann, &bob] {
            session.call("create_record", record("f", "1", json!(1))).await;
            assert_eq!(session.refused("create_record", record("f", "1", json!("a"))).await["code"], "validation_failed");
        }
        ann.call("register_schema", schema("s", "f", "1", json!({"type": "string"}))).await;
        ann.call("create_record", record("f", "1", json!("a"))).await;
        assert_eq!(ann.refused("create_record", record("f", "1", json!(1))).await["code"], "validation_failed");
        bob.call("create_record", record("f", "1", json!(2))).await;

        raw.run("UPDATE entries SET deleted = '2031-01-01T00:00:00+00:00' WHERE id = 'shared'").await;
        let error = bob.refused("create_record", record("f", "1", json!(3))).await;
        assert_eq!((&error["code"], &error["searched_owners"]), (&json!("schema_not_found"), &json!(["bob", "_system"])));
        stop(product).await;
    }

    async fn a_shared_schema_is_neither_listed_nor_changed(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let raw = database.connect().await;
        raw.run(
            r#"INSERT INTO entries (id, type, source, created, owner_id, tags, data)
               VALUES ('shared', 'schema', 's', '2031-01-01T00:00:00+00:00', '_system', '["t"]',
                       '{"family": "f", "version": "1", "schema": {}, "description": "shared"}')"#,
        )
        .await;

        assert_eq!(count(&session, "schema").await, 0);
        for (tool, arguments) in [("search", json!({"query": "shared"})), ("get_unread", json!({}))] {
            assert_eq!(session.call(tool, arguments).await["entries"], json!([]), "{tool}");
        }
        assert_eq!(session.call("get_stats", json!({})).await["total"], 0);
        assert_eq!(session.call("get_tags", json!({})).await, json!([]));
        for (tool, arguments) in [
            ("update_entry", json!({"entry_id": "shared", "description": "x"})),
            ("acted_on", json!({"entry_id": "shared", "action": "x"})),
            ("get_related", json!({"entry_id": "shared"})),
        ] {
            assert_eq!(session.refused(tool, arguments).await["code"], "not_found", "{tool}");
        }
        session.call("delete_entry", json!({"entry_id": "shared"})).await;
        session.call("delete_entry", json!({"tags": ["t"], "confirm": true})).await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM entries WHERE deleted IS NULL AND id = 'shared'").await, 1);
        stop(product).await;
    }

    async fn another_owners_and_a_deleted_schema_do_not_resolve(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let id = id_of(&ann.call("register_schema", schema("s", "f", "1", json!({}))).await);

        let foreign = bob.refused("create_record", record("f", "1", json!(1))).await;
        let other_version = ann.refused("create_record", record("f", "1.0", json!(1))).await;
        let split_elsewhere = ann.refused("create_record", record("f:1", "", json!(1))).await;
        ann.call("delete_entry", json!({"entry_id": id})).await;
        let deleted = ann.refused("create_record", record("f", "1", json!(1))).await;

        for error in [&foreign, &other_version, &split_elsewhere, &deleted] {
            assert_eq!(error["code"], "schema_not_found");
        }
        assert_eq!((&other_version["schema_ref"], &other_version["schema_version"]), (&json!("f"), &json!("1.0")));
        assert_eq!(deleted["searched_owners"], json!(["ann", "_system"]));
        assert_eq!(count(&ann, "record").await, 0);
        stop(product).await;
    }

    async fn a_schema_may_go_when_its_records_are_gone(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let one = id_of(&session.call("register_schema", schema("s", "f", "1", json!({}))).await);
        let two = id_of(&session.call("register_schema", schema("s", "f", "2", json!({}))).await);
        let used = id_of(&session.call("create_record", record("f", "1", json!(1))).await);

        let error = session.refused("delete_entry", json!({"entry_id": one})).await;
        assert_eq!((&error["code"], &error["total_count"]), (&json!("schema_in_use"), &json!(1)));
        assert_eq!(error["referencing_records"], json!([used]));
        session.call("delete_entry", json!({"entry_id": two})).await;
        assert_eq!(count(&session, "schema").await, 1);
        session.call("delete_entry", json!({"entry_id": used})).await;
        session.call("delete_entry", json!({"entry_id": one})).await;

        assert_eq!(count(&session, "schema").await, 0);
        stop(product).await;
    }
}
