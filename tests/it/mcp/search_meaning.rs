//! Searching by meaning, with vectors that are known: cats on one axis, trains on another, all else on a third.

use awareness::domain::{Entry, EntryId, EntryType, Owner, Timestamp, text_hash};
use awareness::store::{Access, Embedding, Store};
use serde_json::{Value, json};

use super::{column, listed, remember, stop};
use crate::store::store_all;
use crate::support::embedder::{Embedder, Manner};
use crate::support::{DEFAULT_OWNER, Database, Product, Session, both_databases};

/// The model of the stand-in.
const MODEL: &str = "cats";

/// A vector on the axis of cats.
const CAT: [f32; 3] = [1.0, 0.0, 0.01];

/// The product with the stand-in as its provider.
async fn start(database: &Database) -> (Embedder, Product, Session) {
    let embedder = Embedder::start(Manner::Right).await;
    let product = Product::start_with(database, Some(embedder.provider())).await;
    let session = product.session().await;

    (embedder, product, session)
}

/// Remembers notes, each about a source of its own, and waits for their vectors.
async fn notes(product: &Product, session: &Session, descriptions: &[&str]) {
    for (number, description) in descriptions.iter().enumerate() {
        let note = json!({"source": format!("s{number}"), "description": description, "tags": []});
        session.call("remember", note).await;
    }
    product.service.flush_embeddings().await;
}

/// The descriptions of what a search finds.
async fn found(session: &Session, arguments: Value) -> Vec<Value> {
    let mut arguments = arguments;
    arguments["mode"] = json!("list");

    column(session, "search", arguments, "description").await
}

/// What explains each hit of a search.
async fn explained(session: &Session, query: &str, key: &str) -> Vec<Value> {
    let hits = listed(session, "search", json!({"query": query, "explain": true})).await;

    hits.iter()
        .map(|hit| hit["explanation"][key].clone())
        .collect()
}

/// Stores entries that say nothing of a query, each with a vector that is as near to cats as can be.
async fn crowd(store: &Store, owner: &str, count: usize) {
    let owner = Owner::new(owner).unwrap();
    let ids: Vec<_> = (0..count)
        .map(|number| EntryId::from(format!("{owner}-{number}")))
        .collect();
    let entries = ids.iter().map(|id| {
        let created = Timestamp::parse("2031-01-01").unwrap();
        let mut entry = Entry::new(id.clone(), EntryType::Note, "crowd", created);
        entry.data.insert("description".to_owned(), "crowd".into());
        entry
    });
    store_all(store, &owner, entries).await;

    let transaction = store.begin(&owner, Access::Write).await.unwrap();
    for id in ids {
        let embedding = Embedding {
            entry_id: id,
            model: MODEL.to_owned(),
            text_hash: "h".to_owned(),
            vector: CAT.to_vec(),
        };
        let now = Timestamp::parse("2031-01-01").unwrap();
        transaction
            .embeddings()
            .upsert([&embedding], now)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
}

async fn backfilled(session: &Session) -> [Value; 3] {
    let done = session.call("backfill_embeddings", json!({})).await;

    ["new_embeddings", "refreshed_embeddings", "remaining"].map(|key| done[key].clone())
}

both_databases! {
    async fn what_lies_on_the_axis_of_the_query_comes_first(database: Database) {
        let (_embedder, product, session) = start(&database).await;
        notes(&product, &session, &["the cat sleeps", "the train leaves", "rain at noon"]).await;

        for (query, first) in [("feline", "the cat sleeps"), ("railway", "the train leaves"), ("weather", "rain at noon")] {
            let hits = found(&session, json!({"query": query})).await;
            assert_eq!((hits.len(), &hits[0]), (3, &json!(first)), "{query}");
            let cosines: Vec<_> = explained(&session, query, "cosine").await;
            let cosines: Vec<_> = cosines.iter().map(|cosine| cosine.as_f64().unwrap()).collect();
            assert!(cosines[0] > 0.99 && cosines[1] < 0.1, "{query}: {cosines:?}");
        }
        stop(product).await;
    }

    async fn who_holds_the_word_too_comes_before_who_is_as_near(database: Database) {
        let (_embedder, product, session) = start(&database).await;
        notes(&product, &session, &["one feline sleeps", "the cat sleeps", "rain at noon"]).await;

        assert_eq!(found(&session, json!({"query": "feline"})).await[..2], ["one feline sleeps", "the cat sleeps"]);
        assert_eq!(found(&session, json!({"query": "cat"})).await[..2], ["the cat sleeps", "one feline sleeps"]);
        let cosines = explained(&session, "feline", "cosine").await;
        assert_eq!(cosines[0], cosines[1]);
        assert_eq!(explained(&session, "feline", "words_rank").await[..2], [json!(1), Value::Null]);
        stop(product).await;
    }

    async fn words_that_say_nothing_are_answered_by_meaning_and_signs_by_nothing(database: Database) {
        let (embedder, product, session) = start(&database).await;
        notes(&product, &session, &["the cat of the house", "the train and the rain"]).await;

        let page = session.call("search", json!({"query": "the and of", "language": "en", "explain": true})).await;
        let hits = page["entries"].as_array().unwrap();
        assert_eq!((hits.len(), &page["branches"]), (2, &json!(["words", "meaning"])));
        for hit in hits {
            let explanation = &hit["explanation"];
            assert_eq!((&explanation["words_rank"], &explanation["matched_words"]), (&Value::Null, &json!([])));
            assert!(explanation["cosine"].is_number(), "{hit}");
        }
        let before = embedder.asked().len();
        for query in ["", "  ", "?!"] {
            assert!(found(&session, json!({"query": query})).await.is_empty(), "{query}");
        }
        assert_eq!(embedder.asked().len(), before, "nothing to embed");
        stop(product).await;
    }

    async fn who_asks_for_a_least_cosine_finds_nothing_where_nothing_fits(database: Database) {
        let (_embedder, product, session) = start(&database).await;
        notes(&product, &session, &["the cat sleeps", "one feline sleeps", "the train leaves"]).await;
        let asked = |query: &str, least: f64| json!({"query": query, "min_cosine": least});

        assert_eq!(found(&session, asked("weather", 0.0)).await.len(), 3);
        assert!(found(&session, asked("weather", 0.5)).await.is_empty());
        assert!(found(&session, json!({"query": "weather", "min_cosine": "0.5"})).await.is_empty());
        assert_eq!(found(&session, asked("feline", 0.5)).await, ["one feline sleeps", "the cat sleeps"]);
        // A word is enough, however far the meaning.
        assert_eq!(found(&session, asked("leaves weather", 0.9)).await, ["the train leaves"]);
        for refused in [-0.1, 1.5] {
            let error = session.refused("search", asked("cat", refused)).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("min_cosine")));
        }
        stop(product).await;
    }

    async fn whatever_is_wrong_with_the_answer_search_goes_by_words(database: Database) {
        let (embedder, product, session) = start(&database).await;
        notes(&product, &session, &["the cat sleeps", "one feline sleeps"]).await;

        // The status comes last: after an outage the provider is left alone for a while.
        for manner in [
            Manner::TooFew, Manner::OtherDimensions, Manner::Zeros, Manner::Body("{\"embeddings\": []}"), Manner::Body(""),
            Manner::Status(500),
        ] {
            embedder.turn(manner);
            let page = session.call("search", json!({"query": "feline", "mode": "list"})).await;
            let hits: Vec<_> = page["entries"].as_array().unwrap().iter().map(|hit| &hit["description"]).collect();
            assert_eq!(hits, ["one feline sleeps"], "{manner:?}");
            assert_eq!(page["branches"], json!(["words"]), "{manner:?}");
            assert!(page["degraded"].as_str().unwrap().contains("meaning"), "{page}");
        }
        stop(product).await;
    }

    async fn an_answer_with_too_few_vectors_mixes_nothing_up(database: Database) {
        let embedder = Embedder::start(Manner::TooFew).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        let written = ["the cat sleeps", "the train leaves", "rain at noon"];
        for description in written {
            remember(&session, description, &[]).await;
        }

        assert_eq!(backfilled(&session).await, [json!(0), json!(0), json!(3)]);
        assert!(embedder.asked().iter().any(|asked| asked.texts().len() == 3));
        embedder.turn(Manner::Right);
        product.service.flush_embeddings().await;

        for (query, first) in [("feline", written[0]), ("railway", written[1]), ("weather", written[2])] {
            assert_eq!(found(&session, json!({"query": query})).await[0], first);
        }
        stop(product).await;
    }

    async fn nearer_vectors_of_others_crowd_nobody_out(database: Database) {
        let (_embedder, product, session) = start(&database).await;
        crowd(product.service.store(), "bob", 1000).await;
        notes(&product, &session, &["the train leaves", "rain at noon", "wind at night"]).await;

        let mut hits = found(&session, json!({"query": "feline"})).await;

        hits.sort_by_key(ToString::to_string);
        assert_eq!(hits, ["rain at noon", "the train leaves", "wind at night"]);
        stop(product).await;
    }

    async fn nearer_vectors_the_filter_holds_back_crowd_nothing_out(database: Database) {
        let (_embedder, product, session) = start(&database).await;
        crowd(product.service.store(), DEFAULT_OWNER, 300).await;
        notes(&product, &session, &["the train leaves", "rain at noon"]).await;

        for (filter, expected) in [
            (json!({"source": "s0"}), vec!["the train leaves"]),
            (json!({"source": "s1"}), vec!["rain at noon"]),
            (json!({"since": "2031-02-01", "limit": 1}), vec!["rain at noon"]),
        ] {
            let mut arguments = filter.clone();
            arguments["query"] = json!("feline");
            assert_eq!(found(&session, arguments).await, expected, "{filter}");
        }
        stop(product).await;
    }

    async fn vectors_of_another_model_are_not_used(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "the boiler was repaired", &[]).await;
        let raw = database.connect().await;
        raw.run("UPDATE embeddings SET model = 'another'").await;
        let again = Product::start(&database).await;
        let session = again.session().await;

        assert_eq!(explained(&session, "boiler", "cosine").await, [Value::Null]);
        assert!(found(&session, json!({"query": "heating"})).await.is_empty());
        assert_eq!(backfilled(&session).await, [json!(1), json!(0), json!(0)]);
        assert!(explained(&session, "boiler", "cosine").await[0].is_number());
        assert_eq!(raw.number("SELECT COUNT(*) FROM embeddings").await, 1, "those of the other model are done with");
        drop(raw);
        stop(again).await;
        stop(product).await;
    }

    async fn preferences_and_intentions_are_embedded_too(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("set_preference", json!({"key": "k", "value": "v"})).await;
        session.call("remind", json!({"source": "s", "tags": [], "goal": "repair the boiler"})).await;
        session.call("suppress_alert", json!({"source": "s", "reason": "boiler"})).await;
        let raw = database.connect().await;
        let of_types = "SELECT entries.type FROM embeddings JOIN entries ON entries.id = embeddings.entry_id ORDER BY entries.type";
        assert_eq!(raw.texts(of_types).await, ["intention", "preference"]);
        raw.run("DELETE FROM embeddings").await;

        assert_eq!(backfilled(&session).await, [json!(2), json!(0), json!(0)]);
        assert_eq!(raw.texts(of_types).await, ["intention", "preference"]);
        drop(raw);
        stop(product).await;
    }

    async fn a_text_that_was_changed_past_the_server_is_embedded_anew_once(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "the boiler was repaired", &[]).await;
        let raw = database.connect().await;
        raw.run("UPDATE entries SET data = '{\"description\": \"the train leaves\"}'").await;

        assert_eq!(backfilled(&session).await, [json!(0), json!(1), json!(0)]);
        assert_eq!(backfilled(&session).await, [json!(0), json!(0), json!(0)]);
        let hashes = raw.texts("SELECT text_hash FROM embeddings").await;
        assert_eq!(hashes, [text_hash("type: note\nsource: garden\nthe train leaves")]);
        drop(raw);
        stop(product).await;
    }

    async fn without_a_provider_there_is_nothing_to_backfill_with(database: Database) {
        let product = Product::start_with(&database, None).await;
        let session = product.session().await;
        remember(&session, "note", &[]).await;

        let error = session.refused("backfill_embeddings", json!({})).await;
        assert_eq!((&error["code"], &error["retryable"]), (&json!("unavailable"), &json!(true)));
        let error = session.refused("backfill_embeddings", json!({"limit": -1})).await;
        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("limit")));
        stop(product).await;
    }
}
