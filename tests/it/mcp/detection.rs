//! What the language of an entry is detected from, and how it follows a text that changes.

use serde_json::{Value, json};

use super::{entry, id_of, knowledge, plant, remember, stop};
use crate::support::{Database, Product, Session, both_databases};

const ENGLISH: &str = "The boiler in the basement was replaced by a heat pump last winter.";
const FRENCH: &str =
    "La chaudière de la cave a été remplacée par une pompe à chaleur l'hiver dernier.";
const JAPANESE: &str = "これは日本語で書かれた覚え書きです。明日の会議は十時からです。";
const NORWEGIAN: &str = "Jeg vet ikke hvorfor varmepumpen i kjelleren ble skrudd av i går kveld, men nå virker den igjen.";

/// The language an entry is shown with; null for none.
async fn language(session: &Session, id: &str) -> Value {
    entry(session, id)
        .await
        .get("language")
        .cloned()
        .unwrap_or_default()
}

async fn alerts(session: &Session) -> Vec<Value> {
    knowledge(session, json!({"entry_type": "alert"})).await
}

/// A note of the source `garden`, with more arguments.
fn note(description: &str, more: Value) -> Value {
    let mut note = json!({"source": "garden", "description": description, "tags": []});
    note.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());

    note
}

async fn register(session: &Session, description: &str) -> Value {
    let schema = json!({"source": "s", "tags": [], "description": description, "family": "f", "version": "1", "schema": {}});

    session.call("register_schema", schema).await
}

/// A record whose content is no text to tell a language by.
fn record(description: &str) -> Value {
    json!({
        "source": "s", "tags": [], "description": description, "logical_key": "k", "schema_ref": "f", "schema_version": "1",
        "content": {"text": JAPANESE},
    })
}

both_databases! {
    async fn both_kinds_of_norwegian_are_norwegian(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let detected = remember(&session, NORWEGIAN, &[]).await;
        let bokmal = id_of(&session.call("remember", note("varmepumpe", json!({"language": "nb"}))).await);
        let nynorsk = remember(&session, "varmepumpe", &[]).await;
        session.call("update_entry", json!({"entry_id": nynorsk, "language": " NN "})).await;

        for id in [detected, bokmal, nynorsk] {
            assert_eq!(language(&session, &id).await, "norwegian");
        }
        for code in ["no", "nb", "nn"] {
            assert_eq!(knowledge(&session, json!({"language": code})).await.len(), 3, "{code}");
            let page = session.call("search", json!({"query": "varmepumper", "language": code})).await;
            assert_eq!(page["entries"].as_array().unwrap().len(), 3, "{code}");
        }
        assert_eq!(alerts(&session).await, Vec::<Value>::new());
        stop(product).await;
    }

    async fn content_that_is_no_text_does_not_influence_detection(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let data = json!({"text": JAPANESE, "chaudière": FRENCH});
        let as_type = |content_type: &str| json!({"content": JAPANESE, "content_type": content_type});

        for more in [
            json!({"content": data}), json!({"content": [JAPANESE, FRENCH]}), json!({"content": data.to_string()}),
            as_type("application/json"), as_type("image/svg+xml"),
        ] {
            let short = id_of(&session.call("remember", note("data", more.clone())).await);
            let long = id_of(&session.call("remember", note(ENGLISH, more.clone())).await);
            assert_eq!(language(&session, &short).await, Value::Null, "{more}");
            assert_eq!(language(&session, &long).await, "english", "{more}");
        }
        register(&session, "d").await;
        let record = id_of(&session.call("create_record", record(ENGLISH)).await);
        assert_eq!(language(&session, &record).await, "english");
        assert_eq!(alerts(&session).await, Vec::<Value>::new());
        let text = id_of(&session.call("remember", note("notes", json!({"content": FRENCH, "content_type": "text/markdown"}))).await);
        assert_eq!(language(&session, &text).await, "french");
        stop(product).await;
    }

    async fn a_detected_language_follows_the_text(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "d").await;
        let keyed = |description: &str| note(description, json!({"logical_key": "k"}));

        for (tool, arguments) in [
            ("remember", note(ENGLISH, json!({}))), ("learn_pattern", note(ENGLISH, json!({}))),
            ("add_context", note(ENGLISH, json!({}))), ("remember", keyed(ENGLISH)), ("create_record", record(ENGLISH)),
        ] {
            let id = id_of(&session.call(tool, arguments.clone()).await);
            assert_eq!(language(&session, &id).await, "english", "{tool}");

            if arguments.get("logical_key").is_some() {
                let mut again = arguments;
                again["description"] = json!(FRENCH);
                session.call(tool, again).await;
            } else {
                session.call("update_entry", json!({"entry_id": id, "description": FRENCH})).await;
            }

            let changed = entry(&session, &id).await;
            assert_eq!(changed["language"], "french", "{tool}");
            let history = json!({"description": ENGLISH, "language": "english"});
            assert_eq!(changed["data"]["changelog"][0]["changed"], history, "{tool}");
        }
        let page = session.call("search", json!({"query": "remplacer", "language": "fr", "explain": true})).await;
        let mut hits = page["entries"].as_array().unwrap().clone();
        hits.retain(|hit| hit["explanation"]["matched_words"] != json!([]));
        assert_eq!(hits.len(), 5, "the words follow the language");
        stop(product).await;
    }

    async fn content_and_its_type_are_part_of_the_text(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;

        for (change, expected) in [
            (json!({"content": FRENCH}), json!("french")), (json!({"content_type": "application/json"}), Value::Null),
            (json!({"content_type": "text/plain"}), json!("french")), (json!({"content": ENGLISH}), json!("english")),
            (json!({"content": {"text": ENGLISH}}), Value::Null), (json!({"description": FRENCH}), json!("french")),
            (json!({"description": "d"}), Value::Null),
        ] {
            let mut update = change.clone();
            update["entry_id"] = json!(id);
            session.call("update_entry", update).await;
            assert_eq!(language(&session, &id).await, expected, "{change}");
        }
        stop(product).await;
    }

    async fn a_given_language_stays(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let at_write = |code: &str| note(ENGLISH, json!({"language": code, "logical_key": code}));
        let english = id_of(&session.call("remember", at_write("en")).await);
        let simple = id_of(&session.call("remember", at_write("simple")).await);
        let later = remember(&session, ENGLISH, &[]).await;
        let pinned = session.call("update_entry", json!({"entry_id": later, "language": "en"})).await;
        assert_eq!(pinned["updated"], Value::Null, "nothing that is shown has changed");
        let by_key = id_of(&session.call("remember", note(ENGLISH, json!({"logical_key": "k"}))).await);
        session.call("remember", note(ENGLISH, json!({"logical_key": "k", "language": "en"}))).await;
        session.call("delete_entry", json!({"entry_id": english})).await;
        session.call("restore_entry", json!({"entry_id": english})).await;

        session.call("remember", note(FRENCH, json!({"logical_key": "en"}))).await;
        session.call("remember", note(JAPANESE, json!({"logical_key": "simple"}))).await;
        for id in [&later, &by_key] {
            session.call("update_entry", json!({"entry_id": id, "description": FRENCH})).await;
        }

        for (id, expected) in [(english, json!("english")), (simple, Value::Null), (later, json!("english")), (by_key, json!("english"))] {
            let stored = entry(&session, &id).await;
            assert_ne!(stored["data"]["description"], ENGLISH);
            assert_eq!(stored.get("language").cloned().unwrap_or_default(), expected);
            assert!(!stored.to_string().contains("given"), "{stored}");
        }
        assert_eq!(alerts(&session).await, Vec::<Value>::new());
        stop(product).await;
    }

    async fn a_text_that_changes_to_a_language_without_analysis_raises_the_alert(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        register(&session, "d").await;
        let id = remember(&session, ENGLISH, &[]).await;
        let keyed = id_of(&session.call("remember", note(ENGLISH, json!({"logical_key": "k"}))).await);
        let fixed = id_of(&session.call("create_record", record(ENGLISH)).await);
        let update = json!({"entry_id": id, "description": JAPANESE});

        for (id, tool, arguments) in [
            (id, "update_entry", update), (keyed, "remember", note(JAPANESE, json!({"logical_key": "k"}))),
            (fixed, "create_record", record(JAPANESE)),
        ] {
            session.call(tool, arguments).await;
            assert_eq!(language(&session, &id).await, Value::Null, "{tool}");
            let raised = alerts(&session).await;
            assert_eq!(raised.len(), 1, "{tool}");
            assert_eq!(raised[0]["data"]["alert_id"], "unsupported-language-ja");
            session.call("delete_entry", json!({"entry_id": id_of(&raised[0])})).await;
        }
        stop(product).await;
    }

    async fn what_leaves_the_text_as_it_is_leaves_the_language(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        plant(&database, "n", "note", "garden", &json!({"description": ENGLISH, "content": "c"})).await;
        plant(&database, "p", "preference", "global", &json!({"key": "k", "value": "v"})).await;
        database.connect().await.run("UPDATE entries SET language = 'german'").await;

        session.call("update_entry", json!({"entry_id": "n", "tags": ["t"], "source": "s", "description": ENGLISH})).await;
        session.call("update_entry", json!({"entry_id": "p", "description": FRENCH})).await;

        assert_eq!(language(&session, "n").await, "german");
        assert_eq!(language(&session, "p").await, "german");
        session.call("update_entry", json!({"entry_id": "n", "content": "more"})).await;
        assert_eq!(language(&session, "n").await, "english", "of an adopted entry nobody knows, so that it follows");
        stop(product).await;
    }
}
