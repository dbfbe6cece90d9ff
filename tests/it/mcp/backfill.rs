//! Vectors and words that are missing or old: found and made, by the tool, at the start of a server and by command.

use serde_json::{Value, json};

use super::{act, column, id_of, listed, remember, stop};
use crate::support::process::{HttpServer, run, text_of};
use crate::support::{Database, Product, Session, both_databases};

async fn backfilled(session: &Session, limit: i64) -> [Value; 3] {
    let done = session
        .call("backfill_embeddings", json!({"limit": limit}))
        .await;
    assert_eq!(done["status"], "ok");

    ["new_embeddings", "refreshed_embeddings", "remaining"].map(|key| done[key].clone())
}

/// Forgets all words, as if another version had made them.
const WITHOUT_WORDS: &str = "UPDATE entry_words SET terms = '', length = 0, analysis = 0";

both_databases! {
    async fn what_has_no_vector_gets_one(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..5 {
            remember(&session, &format!("note {number}"), &[]).await;
        }
        session.call("suppress_alert", json!({"source": "pump"})).await;
        let raw = database.connect().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM embeddings").await, 5, "a suppression has none");
        raw.run("DELETE FROM embeddings").await;

        assert_eq!(backfilled(&session, 1).await, [json!(1), json!(0), json!(4)]);
        assert_eq!(backfilled(&session, 50).await, [json!(4), json!(0), json!(0)]);
        assert_eq!(backfilled(&session, 50).await, [json!(0), json!(0), json!(0)]);
        assert_eq!(raw.number("SELECT COUNT(*) FROM embeddings").await, 5);
        drop(raw);
        stop(product).await;
    }

    async fn a_vector_of_another_text_is_made_anew_however_old_the_entry(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let old = remember(&session, "note", &[]).await;
        for number in 0..5 {
            remember(&session, &format!("note {number}"), &[]).await;
        }
        let raw = database.connect().await;
        raw.run(&format!("UPDATE embeddings SET text_hash = 'another' WHERE entry_id = '{old}'")).await;

        assert_eq!(backfilled(&session, 0).await, [json!(0), json!(0), json!(1)]);
        assert_eq!(backfilled(&session, 1).await, [json!(0), json!(1), json!(0)]);
        assert_eq!(backfilled(&session, 1).await, [json!(0), json!(0), json!(0)]);
        drop(raw);
        stop(product).await;
    }

    async fn a_vector_follows_its_entry(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let note = remember(&session, "note", &[]).await;
        let intention = session.call("remind", json!({"goal": "g", "source": "s", "tags": []})).await;
        let preference = json!({"key": "k", "value": "v"});
        session.call("set_preference", preference.clone()).await;
        let raw = database.connect().await;
        let vectors = async || raw.texts("SELECT entry_id || text_hash || created FROM embeddings ORDER BY id").await;
        let before = vectors().await;
        assert_eq!(before.len(), 3);

        act(&session, &note, "a").await;
        session.call("set_preference", preference).await;
        let done = json!({"entry_id": id_of(&intention), "state": "completed"});
        session.call("update_intention", done).await;
        assert_eq!(vectors().await, before, "no embedded text has changed");
        session.call("update_entry", json!({"entry_id": note, "tags": ["t"]})).await;
        assert_ne!(vectors().await, before);
        drop(raw);
        stop(product).await;
    }

    async fn a_server_makes_the_words_of_another_version_anew(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        remember(&ann, "the boiler of ann", &[]).await;
        remember(&bob, "the boiler of bob", &[]).await;
        let raw = database.connect().await;
        raw.run(WITHOUT_WORDS).await;
        raw.run("DELETE FROM embeddings").await;

        let done = product.service.catch_up(|_| {}).await.unwrap();

        assert_eq!((done.analysed, done.embedded), (2, 2));
        for session in [&ann, &bob] {
            let hits = listed(session, "search", json!({"query": "boiler", "explain": true})).await;
            assert_eq!(hits.len(), 1);
            assert_eq!(hits[0]["explanation"]["matched_words"], json!(["boiler"]));
            assert!(hits[0]["explanation"]["cosine"].is_number());
        }
        let again = product.service.catch_up(|_| {}).await.unwrap();
        assert_eq!((again.analysed, again.embedded), (0, 0));
        drop(raw);
        stop(product).await;
    }

    async fn reindex_makes_everything_anew_while_a_server_runs(database: Database) {
        let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
        let remember = |text: &str| json!({"source": "s", "description": text, "tags": []});
        server.try_call("remember", remember("the boiler was repaired")).unwrap();
        let raw = database.connect().await;
        raw.run(WITHOUT_WORDS).await;

        let output = run(database.home(), &["--database-url", database.url(), "reindex"]);

        assert!(output.status.success(), "{}", text_of(&output));
        assert!(text_of(&output).contains("1 analysed, 0 embedded"), "{}", text_of(&output));
        let hits = server.try_call("search", json!({"query": "boiler", "explain": true})).unwrap();
        assert_eq!(hits["entries"][0]["explanation"]["matched_words"], json!(["boiler"]), "{hits}");
        drop(raw);
        assert!(server.terminate());
    }

    async fn what_is_in_the_trash_is_searched_again_when_it_is_back(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "boiler", &[]).await;
        session.call("search", json!({"query": "boiler"})).await;
        session.call("delete_entry", json!({"entry_id": id})).await;
        assert!(listed(&session, "search", json!({"query": "boiler"})).await.is_empty());

        session.call("restore_entry", json!({"entry_id": id})).await;

        assert_eq!(column(&session, "search", json!({"query": "boiler", "mode": "list"}), "description").await, ["boiler"]);
        stop(product).await;
    }
}
