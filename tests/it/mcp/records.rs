//! Data that fits a schema: what is stored, what is refused and why, and how it changes.

use serde_json::{Value, json};

use super::{entry, id_of, knowledge, stop};
use crate::support::{Database, Product, Session, both_databases};

/// Registers version 1 of a family of this name.
async fn register(session: &Session, family: &str, body: Value) {
    register_version(session, family, "1", body).await;
}

async fn register_version(session: &Session, family: &str, version: &str, body: Value) {
    let schema = json!({
        "source": "s", "tags": [], "description": "d", "family": family, "version": version, "schema": body,
    });
    session.call("register_schema", schema).await;
}

/// Arguments that create a record of version 1.
fn record(family: &str, key: &str, content: Value) -> Value {
    json!({
        "source": "s", "tags": [], "description": "d", "logical_key": key, "schema_ref": family, "schema_version": "1",
        "content": content,
    })
}

/// A schema that holds each item against twice as many schemas as what it is in.
fn doubling() -> Value {
    let definitions: serde_json::Map<_, _> = (0..12)
        .map(|level| {
            let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
            (
                format!("d{level}"),
                json!({"anyOf": [{"items": next}, {"items": next}]}),
            )
        })
        .chain([("d12".to_owned(), json!(false))])
        .collect();

    json!({"$defs": definitions, "$ref": "#/$defs/d0"})
}

both_databases! {
    async fn a_record_comes_back_only_with_its_schema(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "plan", json!({})).await;
        let schema = id_of(&knowledge(&session, json!({"entry_type": "schema"})).await[0]);
        let mut tagged = record("plan", "k", json!(1));
        tagged["tags"] = json!(["t"]);
        let record = id_of(&session.call("create_record", tagged).await);
        for id in [&record, &schema] {
            session.call("delete_entry", json!({"entry_id": id})).await;
        }

        let refused = session.refused("restore_entry", json!({"entry_id": record})).await;
        let many = session.call("restore_entry", json!({"tags": ["t"]})).await;

        assert_eq!(refused["code"], "schema_not_found");
        assert_eq!((&many["restored"], &many["conflicts"][0]["entry_id"]), (&json!(0), &json!(record)));
        assert!(many["conflicts"][0]["message"].as_str().unwrap().contains("plan:1"));
        session.call("restore_entry", json!({"entry_id": schema})).await;
        assert_eq!(session.call("restore_entry", json!({"tags": ["t"]})).await["restored"], 1);
        stop(product).await;
    }

    async fn a_schema_comes_back_before_the_records_that_need_it(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let schema = json!({
            "source": "s", "tags": ["t"], "description": "d", "family": "plan", "version": "1", "schema": {},
        });
        session.call("register_schema", schema).await;
        let mut tagged = record("plan", "k", json!(1));
        tagged["tags"] = json!(["t"]);
        session.call("create_record", tagged).await;
        session.call("delete_entry", json!({"tags": ["t"], "confirm": true})).await;

        let restored = session.call("restore_entry", json!({"tags": ["t"]})).await;

        assert_eq!(restored, json!({"status": "ok", "restored": 2, "tags": ["t"]}));
        stop(product).await;
    }

    async fn content_of_any_json_stays_what_it_was(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "any", json!({})).await;

        for (number, content) in [
            Value::Null, json!(true), json!(0), json!(-7.25), json!(u64::MAX), json!(1e300), json!(""), json!("text"),
            json!("null"), json!("12"), json!("{ \"a\": 1 }"), json!("[1]"), json!([]), json!([1, null, "a"]), json!({}), json!({"a": {"b": [[]]}}),
        ]
        .into_iter()
        .enumerate()
        {
            let reply = session.call("create_record", record("any", &format!("k{number}"), content.clone())).await;
            assert_eq!(reply, json!({"status": "ok", "id": reply["id"], "action": "created"}));
            let stored = entry(&session, &id_of(&reply)).await;
            assert_eq!(
                stored["data"],
                json!({
                    "schema_ref": "any", "schema_version": "1", "content": content, "description": "d",
                    "learned_from": "conversation",
                })
            );
            assert_eq!((&stored["type"], &stored["logical_key"]), (&json!("record"), &json!(format!("k{number}"))));
        }
        stop(product).await;
    }

    async fn text_is_validated_as_text_whatever_it_looks_like(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "text", json!({"type": "string"})).await;
        register(&session, "object", json!({"type": "object"})).await;

        for text in ["{\"a\": 1}", "[1]", "null", "12", "true"] {
            session.call("create_record", record("text", "k", json!(text))).await;
            let error = session.refused("create_record", record("object", "l", json!(text))).await;
            assert_eq!(error["validation_errors"][0]["validator"], "type");
        }
        let id = knowledge(&session, json!({"entry_type": "record"})).await[0]["id"].clone();
        session.call("update_entry", json!({"entry_id": id, "content": "{\"b\": 2}"})).await;

        assert_eq!(entry(&session, id.as_str().unwrap()).await["data"]["content"], "{\"b\": 2}");
        stop(product).await;
    }

    async fn a_record_needs_a_key_content_and_a_schema(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "any", json!({})).await;
        let mut without_content = record("any", "k", json!(1));
        without_content.as_object_mut().unwrap().remove("content");

        let error = session.refused("create_record", without_content).await;
        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("content")));
        let error = session.refused("create_record", record("any", "", json!(1))).await;
        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("logical_key")));
        let error = session.refused("create_record", record("none", "k", json!(1))).await;
        assert_eq!((&error["code"], &error["retryable"]), (&json!("schema_not_found"), &json!(false)));
        assert_eq!((&error["schema_ref"], &error["schema_version"]), (&json!("none"), &json!("1")));
        assert!(knowledge(&session, json!({"entry_type": "record"})).await.is_empty());
        stop(product).await;
    }

    async fn all_that_is_wrong_is_listed_by_its_place(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let body = json!({
            "type": "object",
            "required": ["litres", "unit"],
            "properties": {
                "age": {"type": "integer"},
                "items": {"type": "array", "items": {"minimum": 1}},
                "kind": {"enum": ["a", "b"]},
                "extra": {"additionalProperties": false},
                "strict": {"properties": {"a": {}}, "additionalProperties": false},
                "pair": {"dependentRequired": {"a": ["b"]}},
                "mail": {"format": "email"},
            },
        });
        register(&session, "pump", body).await;
        let content = json!({
            "age": "old", "items": [1, 0, 5, -1], "kind": "c", "extra": {"x": 1}, "strict": {"y": 1}, "pair": {"a": 1},
            "mail": "none",
        });

        let error = session.refused("create_record", record("pump", "k", content)).await;

        assert_eq!((&error["code"], &error["retryable"]), (&json!("validation_failed"), &json!(false)));
        assert_eq!((&error["schema_ref"], &error["schema_version"]), (&json!("pump"), &json!("1")));
        assert!(error.get("truncated").is_none() && error.get("total_errors").is_none());
        let found = error["validation_errors"].as_array().unwrap();
        let keys = ["path", "validator", "schema_path"];
        let shown: Vec<_> = found.iter().map(|one| keys.map(|key| one[key].as_str().unwrap())).collect();
        assert_eq!(shown, [
            ["$", "required", "/required"],
            ["$", "required", "/required"],
            ["$.age", "type", "/properties/age/type"],
            ["$.extra", "additionalProperties", "/properties/extra/additionalProperties"],
            ["$.items[1]", "minimum", "/properties/items/items/minimum"],
            ["$.items[3]", "minimum", "/properties/items/items/minimum"],
            ["$.kind", "enum", "/properties/kind/enum"],
            ["$.pair", "dependentRequired", "/properties/pair/dependentRequired"],
            ["$.strict", "additionalProperties", "/properties/strict/additionalProperties"],
        ]);
        assert!(found[0]["message"].as_str().unwrap().contains("litres"));
        assert!(found.iter().all(|one| one.as_object().unwrap().len() == 4), "{found:?}");
        assert!(knowledge(&session, json!({"entry_type": "record"})).await.is_empty());
        stop(product).await;
    }

    async fn of_many_faults_fifty_are_listed_and_all_are_counted(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "texts", json!({"items": {"type": "string"}})).await;
        let numbers = |count: usize| Value::from((0..count).collect::<Vec<_>>());

        let many = session.refused("create_record", record("texts", "k", numbers(60))).await;
        let just_fitting = session.refused("create_record", record("texts", "k", numbers(50))).await;

        assert_eq!(many["validation_errors"].as_array().unwrap().len(), 50);
        assert_eq!((&many["truncated"], &many["total_errors"]), (&json!(true), &json!(60)));
        assert!(many["message"].as_str().unwrap().contains("60"));
        assert_eq!(just_fitting["validation_errors"].as_array().unwrap().len(), 50);
        assert!(just_fitting.get("truncated").is_none());
        stop(product).await;
    }

    async fn a_key_updates_the_record_and_its_pin_and_keeps_what_they_replace(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "f", json!({"type": ["integer", "null"]})).await;
        register_version(&session, "f", "2", json!({"type": "string"})).await;
        let created = session.call("create_record", record("f", "k", json!(1))).await;
        let id = id_of(&created);

        let same = session.call("create_record", record("f", "k", json!(1))).await;
        let untouched = entry(&session, &id).await;
        session.call("create_record", record("f", "k", Value::Null)).await;
        let mut second = record("f", "k", json!("two"));
        second["schema_version"] = json!("2");
        second["tags"] = json!(["t"]);
        second["learned_from"] = json!("a meter");
        second["language"] = json!("fr");
        let updated = session.call("create_record", second).await;

        assert_eq!([&created["action"], &same["action"], &updated["action"]], ["created", "updated", "updated"]);
        assert!([&same, &updated].iter().all(|reply| reply["id"] == json!(id)));
        assert_eq!(untouched["updated"], Value::Null);
        let stored = entry(&session, &id).await;
        assert_eq!((&stored["data"]["schema_version"], &stored["data"]["content"]), (&json!("2"), &json!("two")));
        let history: Vec<_> = stored["data"]["changelog"].as_array().unwrap().iter().map(|item| &item["changed"]).collect();
        assert_eq!(*history[0], json!({"content": 1}));
        assert_eq!(
            *history[1],
            json!({"content": null, "schema_version": "1", "tags": [], "learned_from": "conversation", "language": "simple"})
        );
        assert_eq!(stored["data"]["changelog"][1]["updated"], stored["updated"]);
        stop(product).await;
    }

    async fn content_that_breaks_its_schema_changes_nothing(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "f", json!({"type": "integer"})).await;
        let id = id_of(&session.call("create_record", record("f", "k", json!(1))).await);
        let before = entry(&session, &id).await;

        for (tool, arguments) in [
            ("create_record", record("f", "k", json!("a"))),
            ("create_record", record("none", "k", json!(2))),
            ("update_entry", json!({"entry_id": id, "content": "a"})),
            ("update_entry", json!({"entry_id": id, "content": {"a": 1}, "description": "x"})),
        ] {
            session.refused(tool, arguments).await;
        }

        assert_eq!(entry(&session, &id).await, before);
        stop(product).await;
    }

    async fn content_is_changed_as_the_json_it_is(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "any", json!({})).await;
        let id = id_of(&session.call("create_record", record("any", "k", json!("first"))).await);

        for content in [json!(5), json!(0.5), json!(false), json!([1]), json!({"a": null}), json!("[1]")] {
            session.call("update_entry", json!({"entry_id": id, "content": content})).await;
            assert_eq!(entry(&session, &id).await["data"]["content"], content);
        }

        let stored = entry(&session, &id).await;
        let history = stored["data"]["changelog"].as_array().unwrap();
        assert_eq!((history.len(), &history[0]["changed"]), (6, &json!({"content": "first"})));
        stop(product).await;
    }

    async fn a_validator_that_gives_up_says_so(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "doubling", doubling()).await;
        let id = id_of(&session.call("create_record", record("doubling", "k", json!([]))).await);
        let too_hard = (0..12).fold(json!([0, 0, 0]), |inner, _| json!([inner, inner]));

        for (tool, arguments) in [
            ("create_record", record("doubling", "k", too_hard.clone())),
            ("update_entry", json!({"entry_id": id, "content": too_hard})),
        ] {
            let error = session.refused(tool, arguments).await;
            assert_eq!((&error["code"], &error["retryable"]), (&json!("validation_error"), &json!(false)), "{tool}");
        }
        assert_eq!(entry(&session, &id).await["data"]["content"], json!([]));
        stop(product).await;
    }

    async fn no_record_is_left_without_its_schema(database: Database) {
        let product = Product::start(&database).await;
        let (writer, deleter) = (product.session().await, product.session().await);

        for round in 0..10 {
            let family = format!("f{round}");
            register(&writer, &family, json!({})).await;
            let schema = knowledge(&writer, json!({"entry_type": "schema"})).await[0]["id"].clone();
            let key = format!("k{round}");
            let (_, _) = tokio::join!(
                writer.result("create_record", record(&family, &key, json!(1))),
                deleter.result("delete_entry", json!({"entry_id": schema})),
            );

            let records = knowledge(&writer, json!({"entry_type": "record"})).await;
            let schemas = knowledge(&writer, json!({"entry_type": "schema"})).await;
            let holds = |entries: &[Value], key: &str, text: &str| entries.iter().any(|one| one["data"][key] == text);
            assert_eq!(holds(&records, "schema_ref", &family), holds(&schemas, "family", &family), "{family}");
        }
        stop(product).await;
    }

    async fn a_key_belongs_to_one_type(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "any", json!({})).await;
        let note = |key: &str| json!({"source": "s", "description": "n", "tags": ["n"], "logical_key": key});
        let of_note = id_of(&session.call("remember", note("note")).await);
        let of_record = id_of(&session.call("create_record", record("any", "record", json!(1))).await);
        let before = [entry(&session, &of_note).await, entry(&session, &of_record).await];

        for (tool, arguments, id, holder) in [
            ("create_record", record("any", "note", json!(2)), &of_note, "note"),
            ("remember", note("record"), &of_record, "record"),
        ] {
            let error = session.refused(tool, arguments).await;
            assert_eq!((&error["code"], &error["retryable"]), (&json!("conflict"), &json!(false)), "{tool}");
            assert_eq!((&error["existing_id"], &error["existing_type"]), (&json!(id), &json!(holder)));
        }
        let error = session.refused("create_record", record("any", "any:1", json!(2))).await;
        assert_eq!(error["existing_type"], "schema");
        assert_eq!([entry(&session, &of_note).await, entry(&session, &of_record).await], before);
        stop(product).await;
    }

    async fn ten_clients_with_one_key_make_one_record(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "any", json!({})).await;
        let mut tasks = Vec::new();
        for number in 0..10 {
            let session = product.session().await;
            tasks.push(tokio::spawn(async move { session.call("create_record", record("any", "k", json!(number))).await }));
        }

        let mut created = 0;
        for task in tasks {
            created += u32::from(task.await.unwrap()["action"] == "created");
        }

        let records = knowledge(&session, json!({"entry_type": "record", "include_history": "true"})).await;
        assert_eq!((created, records.len()), (1, 1));
        assert_eq!(records[0]["data"]["changelog"].as_array().unwrap().len(), 9);
        stop(product).await;
    }
}
