//! Texts that entries are found by: how long they may be.

use serde_json::{Value, json};

use super::{alert, id_of, remember, stop};
use crate::support::{Database, Product, both_databases};

/// So many bytes that no database can make few of them.
fn text(bytes: usize) -> String {
    let mut state = 1_u64;
    (0..bytes)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
        })
        .filter(|character| *character != ':')
        .chain(std::iter::repeat('x'))
        .take(bytes)
        .collect()
}

/// Calls that write, each with the argument whose text is to be long.
fn writes(long: &str, id: &str) -> Vec<(&'static str, &'static str, Value)> {
    let mut writes = Vec::from(writes_of_texts(long));
    writes.extend(writes_of_alerts(long));
    writes.extend(writes_of_records(long));
    writes.extend([
        ("set_preference", "key", json!({"key": long, "value": "v"})),
        (
            "set_preference",
            "scope",
            json!({"key": "k", "value": "v", "scope": long}),
        ),
        (
            "update_entry",
            "source",
            json!({"entry_id": id, "source": long}),
        ),
        (
            "update_entry",
            "tags",
            json!({"entry_id": id, "tags": [long]}),
        ),
        (
            "update_entry",
            "related_ids",
            json!({"entry_id": id, "related_ids": [long]}),
        ),
    ]);

    writes
}

/// What a note, a pattern, a context and a record have in common.
fn note(changed: Value) -> Value {
    merged(
        json!({"source": "s", "tags": [], "description": "d"}),
        changed,
    )
}

fn writes_of_texts(long: &str) -> [(&'static str, &'static str, Value); 7] {
    [
        ("remember", "source", note(json!({"source": long}))),
        ("remember", "tags", note(json!({"tags": ["t", long]}))),
        (
            "remember",
            "logical_key",
            note(json!({"logical_key": long})),
        ),
        (
            "remember",
            "related_ids",
            note(json!({"related_ids": [long]})),
        ),
        ("learn_pattern", "source", note(json!({"source": long}))),
        ("add_context", "tags", note(json!({"tags": [long]}))),
        (
            "remind",
            "source",
            json!({"goal": "g", "source": long, "tags": []}),
        ),
    ]
}

fn writes_of_alerts(long: &str) -> [(&'static str, &'static str, Value); 4] {
    let report = |source: &str, alert_id: &str| alert(source, alert_id, "warning", "m");

    [
        (
            "report_status",
            "source",
            json!({"source": long, "tags": [], "metrics": {}}),
        ),
        ("report_alert", "source", report(long, "a")),
        ("report_alert", "alert_id", report("s", long)),
        ("suppress_alert", "tags", json!({"tags": [long]})),
    ]
}

fn writes_of_records(long: &str) -> [(&'static str, &'static str, Value); 3] {
    let record = json!({
        "source": "r", "logical_key": long, "schema_ref": "f", "schema_version": "1", "content": 1,
    });

    [
        (
            "register_schema",
            "family",
            note(json!({"family": long, "version": "2", "schema": {}})),
        ),
        (
            "register_schema",
            "version",
            note(json!({"family": "g", "version": long, "schema": {}})),
        ),
        ("create_record", "logical_key", note(record)),
    ]
}

fn merged(mut arguments: Value, changed: Value) -> Value {
    let Value::Object(changed) = changed else {
        panic!("not an object");
    };
    arguments.as_object_mut().unwrap().extend(changed);

    arguments
}

both_databases! {
    async fn a_text_that_is_too_long_to_find_by_is_refused_with_its_name(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;
        let schema = json!({"source": "s", "tags": [], "description": "d", "family": "f", "version": "1", "schema": {}});
        session.call("register_schema", schema).await;

        for long in [text(513), text(20_000), "x".repeat(20_000)] {
            for (tool, param, arguments) in writes(&long, &id) {
                let error = session.refused(tool, arguments).await;
                assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!(param)), "{tool}");
                assert!(error["message"].as_str().unwrap().contains("512 bytes"), "{error}");
            }
        }
        stop(product).await;
    }

    async fn a_text_as_long_as_it_may_be_is_stored_and_found(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;
        let schema = json!({"source": "s", "tags": [], "description": "d", "family": "f", "version": "1", "schema": {}});
        session.call("register_schema", schema).await;
        let long = text(512);

        for (tool, _, arguments) in writes(&long, &id) {
            session.call(tool, arguments).await;
        }
        let all = json!({
            "source": long, "tags": [long], "description": "d", "logical_key": long, "family": long, "version": long,
            "schema": {}, "related_ids": [long], "schema_ref": long, "schema_version": long, "content": 1,
        });
        session.call("register_schema", all.clone()).await;
        let record = id_of(&session.call("create_record", merged(all.clone(), json!({"source": "other"}))).await);

        let found = session.call("get_knowledge", json!({"entry_type": "record", "tags": [long]})).await;
        assert_eq!(found["entries"][0]["id"], record);
        stop(product).await;
    }
}
