//! Owners with very many vectors: on Postgres the database's own index answers, and nobody can tell.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{column, id_of, remember, stop};
use crate::support::embedder::{Embedder, Manner};
use crate::support::{Database, Product, Raw, Session, both_databases};

/// How often indexes of vectors were asked, and whether there is one; SQLite has none to wait for.
async fn until_index_answers(raw: &Raw, session: &Session) {
    let asked = "SELECT COALESCE(SUM(idx_scan), 0)::bigint FROM pg_stat_user_indexes
                 WHERE indexrelname LIKE 'idx_embeddings_nearest_%'";
    while raw.is_postgres() && raw.number(asked).await == 0 {
        session.call("search", json!({"query": "heating"})).await;
        sleep(Duration::from_millis(50)).await;
    }
}

async fn found(session: &Session, query: &str) -> Vec<String> {
    let query = json!({"query": query, "limit": 3, "mode": "list"});
    let found = column(session, "search", query, "description").await;

    found
        .iter()
        .map(|one: &Value| one.as_str().unwrap().to_owned())
        .collect()
}

both_databases! {
    async fn changes_of_a_large_owner_are_found_at_once_and_by_nobody_else(database: Database) {
        let mut product = Product::start(&database).await;
        product.service = product.service.with_large_owners_from(5);
        let (session, other) = (product.session().await, product.session_of("somebody-else").await);
        for number in 0..30 {
            remember(&session, &format!("invoice {number} was paid"), &[]).await;
            remember(&other, &format!("the other boiler, number {number}"), &[]).await;
        }
        let raw = database.connect().await;
        if raw.is_postgres() {
            raw.run("UPDATE embeddings SET nearest = NULL").await;
        }
        until_index_answers(&raw, &session).await;

        let boiler = remember(&session, "the boiler makes noises", &[]).await;
        assert_eq!(found(&session, "heating").await[0], "the boiler makes noises");
        let again = json!({"source": "garden", "description": "the boiler makes noises", "tags": []});
        let again = session.call("remember", again).await;
        assert_eq!(again["similar_to"], json!(boiler));
        session.call("delete_entry", json!({"entry_id": id_of(&again)})).await;

        let changed = json!({"entry_id": boiler, "description": "the dentist called"});
        session.call("update_entry", changed).await;
        assert_eq!(found(&session, "tooth doctor").await[0], "the dentist called");
        for description in found(&session, "heating").await {
            assert!(!description.contains("boiler"), "{description}");
        }
        drop(raw);
        stop(product).await;
    }

    async fn the_index_of_a_model_goes_when_another_has_taken_over(database: Database) {
        let embedder = Embedder::start(Manner::Right).await;
        let mut product = Product::start_with(&database, Some(embedder.provider())).await;
        product.service = product.service.with_large_owners_from(1);
        let session = product.session().await;
        remember(&session, "the boiler was repaired", &[]).await;
        product.service.flush_embeddings().await;
        let raw = database.connect().await;
        until_index_answers(&raw, &session).await;
        stop(product).await;
        let indexes = "SELECT COUNT(*) FROM pg_indexes WHERE indexname LIKE 'idx_embeddings_nearest_%'";
        if raw.is_postgres() {
            assert_eq!(raw.number(indexes).await, 1);
        }

        let mut product = Product::start(&database).await;
        product.service = product.service.with_large_owners_from(1);
        let session = product.session().await;
        product.service.catch_up(|_| {}).await.unwrap();
        if raw.is_postgres() {
            assert_eq!(raw.number(indexes).await, 0);
        }
        until_index_answers(&raw, &session).await;
        assert_eq!(found(&session, "heating").await, ["the boiler was repaired"]);
        product.service.catch_up(|_| {}).await.unwrap();
        if raw.is_postgres() {
            assert_eq!(raw.number(indexes).await, 1, "that of the model in use stays");
        }
        drop(raw);
        stop(product).await;
    }
}
