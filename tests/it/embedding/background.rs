//! Embedding after the commit, on both databases.

use serde_json::{Value, json};

use crate::support::embedder::{Embedder, Manner};
use crate::support::{Database, Product, Session, both_databases};

async fn remember(session: &Session, description: &str) -> String {
    let note = json!({"source": "garden", "description": description, "tags": []});
    let reply = session.call("remember", note).await;

    reply["id"].as_str().unwrap().to_owned()
}

async fn search(session: &Session, query: &str) -> Value {
    session
        .call("search", json!({"query": query, "mode": "list"}))
        .await
}

/// The descriptions of what was found.
fn found(page: &Value) -> Vec<&str> {
    let entries = page["entries"].as_array().unwrap();

    entries
        .iter()
        .map(|entry| entry["description"].as_str().unwrap())
        .collect()
}

async fn vectors(database: &Database) -> i64 {
    let raw = database.connect().await;

    raw.number("SELECT COUNT(*) FROM embeddings").await
}

both_databases! {
    async fn an_entry_is_embedded_once_it_is_written_and_again_when_its_text_changes(database: Database) {
        let embedder = Embedder::start(Manner::Right).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        let id = remember(&session, "the cat sleeps").await;
        remember(&session, "rain at noon").await;
        product.service.flush_embeddings().await;

        let about_felines = search(&session, "feline").await;
        assert_eq!(found(&about_felines)[0], "the cat sleeps");
        assert_eq!(about_felines["branches"], json!(["words", "meaning"]));
        assert!(about_felines.get("degraded").is_none(), "{about_felines}");

        session.call("update_entry", json!({"entry_id": id, "description": "the train leaves"})).await;
        product.service.flush_embeddings().await;
        assert_eq!(found(&search(&session, "railway").await)[0], "the train leaves");

        let before = embedder.asked().len();
        session.call("update_entry", json!({"entry_id": id, "description": "the train leaves"})).await;
        product.service.flush_embeddings().await;
        assert_eq!(embedder.asked().len(), before, "the text is the one that was embedded");
        assert_eq!(vectors(&database).await, 2);
        product.service.shut_down().await;
    }

    async fn while_the_provider_is_down_writing_goes_on_and_search_goes_by_words(database: Database) {
        let embedder = Embedder::start(Manner::Status(503)).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        for number in 0..5 {
            remember(&session, &format!("cat {number} sleeps")).await;
        }

        let page = search(&session, "cat 3").await;
        assert_eq!(found(&page)[0], "cat 3 sleeps");
        assert_eq!(page["branches"], json!(["words"]));
        assert!(page["degraded"].as_str().unwrap().contains("meaning"), "{page}");
        assert!(found(&search(&session, "feline").await).is_empty());
        assert_eq!(vectors(&database).await, 0);
        let status = product.service.embedding().report().status;
        assert!(status.contains("status 503"), "{status}");

        embedder.turn(Manner::Right);
        product.service.flush_embeddings().await;
        let page = search(&session, "feline").await;
        assert_eq!(found(&page).len(), 5);
        assert!(page.get("degraded").is_none(), "{page}");
        assert_eq!(product.service.embedding().report().status, "ok");
        product.service.shut_down().await;
    }

    async fn a_wrong_answer_leaves_nothing_behind(database: Database) {
        let embedder = Embedder::start(Manner::OtherDimensions).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        remember(&session, "the cat sleeps").await;
        for manner in [Manner::Zeros, Manner::Body("{"), Manner::TooFew] {
            let before = embedder.asked().len();
            embedder.until_asked(|asked| asked.len() > before).await;
            embedder.turn(manner);
        }
        let before = embedder.asked().len();
        embedder.until_asked(|asked| asked.len() > before).await;
        product.service.shut_down().await;

        assert_eq!(vectors(&database).await, 0);
    }

    async fn one_bad_text_does_not_hold_up_the_others(database: Database) {
        let embedder = Embedder::start(Manner::Status(503)).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        for text in ["cat 1", "poison", "cat 2", "cat 3"] {
            remember(&session, text).await;
        }
        embedder.until_asked(|asked| asked.iter().any(|asked| asked.texts().len() == 4)).await;

        embedder.turn(Manner::RightBut("poison"));
        // The bad one is asked about again, alone, only once the others are done.
        let before = embedder.asked().len();
        embedder
            .until_asked(|asked| {
                let alone = asked.iter().skip(before).filter(|asked| {
                    asked.texts().len() == 1 && asked.texts()[0].contains("poison")
                });
                alone.count() >= 3
            })
            .await;

        assert_eq!(vectors(&database).await, 3);
        embedder.turn(Manner::Right);
        product.service.flush_embeddings().await;
        assert_eq!(vectors(&database).await, 4);
        product.service.shut_down().await;
    }

    async fn what_waits_when_the_server_stops_is_embedded_by_the_next(database: Database) {
        let embedder = Embedder::start(Manner::Right).await;
        let first = Product::start_with(&database, Some(embedder.provider())).await;
        let session = first.session().await;
        let id = remember(&session, "the cat sleeps").await;
        first.service.flush_embeddings().await;
        embedder.turn(Manner::Silent);
        let before = embedder.asked().len();
        session.call("update_entry", json!({"entry_id": id, "description": "the train leaves"})).await;
        embedder.until_asked(|asked| asked.len() > before).await;
        first.service.shut_down().await;
        let raw = database.connect().await;
        assert_eq!(raw.texts("SELECT text_hash FROM embeddings").await, [""]);

        embedder.turn(Manner::Right);
        let second = Product::start_with(&database, Some(embedder.provider())).await;
        second.service.flush_embeddings().await;

        let session = second.session().await;
        assert_eq!(found(&search(&session, "railway").await)[0], "the train leaves");
        assert_ne!(raw.texts("SELECT text_hash FROM embeddings").await, [""]);
        second.service.shut_down().await;
    }

    async fn a_search_does_not_wait_long_for_a_provider_that_is_silent(database: Database) {
        let embedder = Embedder::start(Manner::Silent).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let session = product.session().await;
        remember(&session, "the cat sleeps").await;

        let page = search(&session, "cat").await;

        assert_eq!(found(&page), ["the cat sleeps"]);
        assert_eq!(page["branches"], json!(["words"]));
        assert!(page["degraded"].is_string(), "{page}");
        product.service.shut_down().await;
    }

    async fn without_a_provider_search_goes_by_words_and_is_whole(database: Database) {
        let product = Product::start_with(&database, None).await;
        let session = product.session().await;
        remember(&session, "the cat sleeps").await;
        product.service.flush_embeddings().await;

        let page = search(&session, "cat").await;

        assert_eq!(found(&page), ["the cat sleeps"]);
        assert_eq!(page["branches"], json!(["words"]));
        assert!(page.get("degraded").is_none(), "{page}");
        assert_eq!(vectors(&database).await, 0);
        product.service.shut_down().await;
    }

    async fn owners_get_their_own_vectors(database: Database) {
        let embedder = Embedder::start(Manner::Right).await;
        let product = Product::start_with(&database, Some(embedder.provider())).await;
        let (ann, ben) = (product.session_of("ann").await, product.session_of("ben").await);
        remember(&ann, "the cat of ann").await;
        remember(&ben, "the cat of ben").await;
        product.service.flush_embeddings().await;

        assert_eq!(found(&search(&ann, "feline").await), ["the cat of ann"]);
        assert_eq!(found(&search(&ben, "feline").await), ["the cat of ben"]);
        let raw = database.connect().await;
        let owners = raw.texts("SELECT owner_id FROM embeddings ORDER BY owner_id").await;
        assert_eq!(owners, ["ann", "ben"]);
        product.service.shut_down().await;
    }
}
