//! Vectors in the store: one an entry and model, with the text it was made of.

use awareness::domain::{EntryId, EntryType};
use awareness::store::{Embedding, Transaction};

use super::{ann, at, bob, entry, note, reading, store_all, writing};
use crate::support::{Database, both_databases};

fn vector(id: &str, model: &str, text_hash: &str, numbers: &[f32]) -> Embedding {
    Embedding {
        entry_id: id.into(),
        model: model.to_owned(),
        text_hash: text_hash.to_owned(),
        vector: numbers.to_vec(),
    }
}

async fn put(transaction: &Transaction, embedding: &Embedding, second: i64) {
    let embeddings = transaction.embeddings();

    embeddings.upsert([embedding], at(second)).await.unwrap();
}

/// The hash of the text an entry's vector was made of.
async fn hash(transaction: &Transaction, id: &str, model: &str) -> Option<String> {
    let found = transaction.embeddings().find(&id.into(), model).await;

    found.unwrap().map(|embedding| embedding.text_hash)
}

/// The ids of entries that wait for a vector, last touched first; the count must agree.
async fn missing(transaction: &Transaction, model: &str) -> Vec<String> {
    let embeddings = transaction.embeddings();
    let listed = embeddings.list_missing(model, 100).await.unwrap();
    let count = embeddings.count_missing(model).await.unwrap();
    assert_eq!(listed.len() as u64, count);

    listed
        .into_iter()
        .map(|entry| entry.id.into_string())
        .collect()
}

both_databases! {
    async fn an_entry_has_one_vector_of_each_model(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1)]).await;
        let transaction = writing(&store, &ann()).await;
        put(&transaction, &vector("a", "m", "first", &[1.0, 0.0]), 1).await;
        put(&transaction, &vector("a", "m", "second", &[0.0, 1.0, 0.5]), 2).await;
        put(&transaction, &vector("a", "other", "third", &[0.5]), 3).await;
        transaction.commit().await.unwrap();

        let transaction = reading(&store, &ann()).await;
        let of_model = async |model| transaction.embeddings().find(&"a".into(), model).await.unwrap();
        assert_eq!(of_model("m").await, Some(vector("a", "m", "second", &[0.0, 1.0, 0.5])));
        assert_eq!(of_model("other").await, Some(vector("a", "other", "third", &[0.5])));
        assert_eq!(of_model("none").await, None);
        transaction.commit().await.unwrap();
        let raw = database.connect().await;
        let of_m = "SELECT COUNT(*) FROM embeddings WHERE model = 'm' AND dimensions = 3 AND text_hash = 'second'";
        assert_eq!(raw.number(of_m).await, 1);
        assert_eq!(raw.number("SELECT COUNT(*) FROM embeddings").await, 2);
        store.close().await;
    }

    async fn what_waits_has_no_vector_of_the_model_or_an_outdated_one(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [
            note("none", 1), note("other model", 2), note("current", 3), note("outdated", 4),
            entry("never", EntryType::Suppression, "", 5),
        ])
        .await;
        let transaction = writing(&store, &ann()).await;
        put(&transaction, &vector("other model", "other", "h", &[1.0]), 1).await;
        put(&transaction, &vector("current", "m", "h", &[1.0]), 1).await;
        put(&transaction, &vector("outdated", "m", "h", &[1.0]), 1).await;

        for (id, model, text_hash) in [
            ("outdated", "m", "another"), ("current", "m", "h"), ("current", "other", "another"), ("unknown", "m", "another"),
        ] {
            transaction.embeddings().outdate(&id.into(), model, text_hash).await.unwrap();
        }

        assert_eq!(missing(&transaction, "m").await, ["outdated", "other model", "none"]);
        assert_eq!(missing(&transaction, "other").await, ["outdated", "current", "none"]);
        assert_eq!(hash(&transaction, "current", "m").await.as_deref(), Some("h"));
        assert_eq!(hash(&transaction, "outdated", "m").await.as_deref(), Some(""));
        transaction.commit().await.unwrap();
        store.close().await;
    }

    async fn what_is_embedded_is_gone_through_by_id_model_by_model(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), ["d", "b", "a", "c"].map(|id| note(id, 1))).await;
        let transaction = writing(&store, &ann()).await;
        for id in ["c", "a", "d"] {
            put(&transaction, &vector(id, "m", id, &[1.0]), 1).await;
        }
        put(&transaction, &vector("b", "other", "b", &[1.0]), 1).await;

        let mut seen = Vec::new();
        let mut after: Option<EntryId> = None;
        loop {
            let embeddings = transaction.embeddings();
            let (some, last) = embeddings.list_embedded("m", after.as_ref(), 2).await.unwrap();
            let mut some: Vec<_> = some.into_iter().map(|(entry, hash)| (entry.id.into_string(), hash)).collect();
            some.sort();
            seen.extend(some);
            if last.is_none() {
                break;
            }
            after = last;
        }

        assert_eq!(seen, ["a", "c", "d"].map(|id| (id.to_owned(), id.to_owned())));
        transaction.commit().await.unwrap();
        store.close().await;
    }

    async fn vectors_go_with_their_entry_and_belong_to_its_owner(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1), note("b", 2)]).await;
        store_all(&store, &bob(), [note("c", 3)]).await;
        let transaction = writing(&store, &ann()).await;
        put(&transaction, &vector("a", "m", "h", &[1.0]), 1).await;
        transaction.commit().await.unwrap();

        let transaction = writing(&store, &bob()).await;
        assert_eq!(hash(&transaction, "a", "m").await, None);
        transaction.embeddings().outdate(&"a".into(), "m", "another").await.unwrap();
        transaction.commit().await.unwrap();
        let transaction = writing(&store, &ann()).await;
        assert_eq!(hash(&transaction, "a", "m").await.as_deref(), Some("h"));
        let unknown = transaction.embeddings().upsert([&vector("none", "m", "h", &[1.0])], at(1)).await;
        assert!(unknown.is_err(), "there is no such entry");
        drop(transaction);
        let transaction = writing(&store, &ann()).await;
        transaction.entries().clear().await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(database.connect().await.number("SELECT COUNT(*) FROM embeddings").await, 0);
        store.close().await;
    }
}
