//! Changing the model: the vectors of the old one answer until those of the new one are complete.

use std::sync::Arc;

use awareness::embed::{Builtin, Ollama, Provider as _};
use serde_json::{Value, json};

use super::{column, remember, stop};
use crate::support::embedder::{Embedder, Manner};
use crate::support::{Database, Product, Raw, Session, both_databases};

/// What a query finds by meaning, and what stood in the way.
async fn found(session: &Session, query: &str) -> (Vec<Value>, Value) {
    let page = session
        .call("search", json!({"query": query, "mode": "list"}))
        .await;
    let hits = page["entries"].as_array().unwrap();

    (
        hits.iter().map(|hit| hit["description"].clone()).collect(),
        page["degraded"].clone(),
    )
}

/// The models there are vectors of.
async fn models(raw: &Raw) -> Vec<String> {
    raw.texts("SELECT DISTINCT model FROM embeddings ORDER BY model")
        .await
}

both_databases! {
    async fn the_old_model_answers_until_the_new_one_is_complete(database: Database) {
        let product = Product::start_with(&database, Some(Arc::new(Builtin))).await;
        let session = product.session().await;
        remember(&session, "the boiler was repaired", &[]).await;
        remember(&session, "a holiday by the sea", &[]).await;
        stop(product).await;
        let raw = database.connect().await;

        let embedder = Embedder::start(Manner::Status(503)).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        embedder.until_asked(|asked| !asked.is_empty()).await;
        let (hits, degraded) = found(&session, "heating system").await;
        assert_eq!((&hits[0], &degraded), (&json!("the boiler was repaired"), &Value::Null));
        assert_eq!(models(&raw).await, [Builtin.model()]);

        embedder.turn(Manner::Right);
        product.service.flush_embeddings().await;
        let done = session.call("backfill_embeddings", json!({})).await;
        assert_eq!(done["remaining"], json!(0));
        assert_eq!(models(&raw).await, ["cats"]);
        stop(product).await;

        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        let cosines = session.call("search", json!({"query": "weather", "explain": true})).await;
        let cosine = cosines["entries"][0]["explanation"]["cosine"].as_f64();
        assert!(cosine.unwrap() > 0.99, "the axis of all else: {cosines}");
        drop(raw);
        stop(product).await;
    }

    async fn an_earlier_model_of_the_same_service_is_asked_for_its_vectors(database: Database) {
        let embedder = Embedder::start(Manner::Right).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        remember(&session, "the cat sleeps", &[]).await;
        remember(&session, "the train leaves", &[]).await;
        product.service.flush_embeddings().await;
        stop(product).await;
        let raw = database.connect().await;

        embedder.turn(Manner::WithoutModel("dogs"));
        let dogs = Arc::new(Ollama::new(&embedder.url.parse().unwrap(), "dogs", 3));
        let product = Product::start_with(&database, Some(dogs)).await;
        let session = product.session().await;
        let (hits, degraded) = found(&session, "feline").await;
        assert_eq!((&hits[0], &degraded), (&json!("the cat sleeps"), &Value::Null));
        assert_eq!(models(&raw).await, ["cats"]);

        embedder.turn(Manner::Right);
        product.service.flush_embeddings().await;
        session.call("backfill_embeddings", json!({})).await;
        assert_eq!(models(&raw).await, ["dogs"]);
        drop(raw);
        stop(product).await;
    }

    async fn a_built_in_model_takes_over_by_itself(database: Database) {
        let embedder = Embedder::start(Manner::Right).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        remember(&session, "the boiler was repaired", &[]).await;
        product.service.flush_embeddings().await;
        stop(product).await;

        let product = Product::start(&database).await;
        let session = product.session().await;
        product.service.catch_up(|_| {}).await.unwrap();
        let raw = database.connect().await;
        assert_eq!(models(&raw).await, [Builtin.model()]);
        assert_eq!(column(&session, "search", json!({"query": "heating", "mode": "list"}), "description").await, ["the boiler was repaired"]);
        drop(raw);
        stop(product).await;
    }
}
