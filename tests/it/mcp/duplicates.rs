//! Being told that almost the same was said before.

use serde_json::{Value, json};

use super::{id_of, stop};
use crate::support::{Database, Product, Session, both_databases};

async fn remembered(session: &Session, source: &str, description: &str) -> Value {
    let note = json!({"source": source, "tags": [], "description": description});

    session.call("remember", note).await
}

const SAID: &str = "The vent of the greenhouse opens by itself when it is warmer than 28 degrees";
const AGAIN: &str = "The greenhouse's vent opens by itself when warmer than 28 degrees";

both_databases! {
    async fn whoever_says_almost_the_same_is_told(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let first = id_of(&remembered(&session, "garden", SAID).await);
        session.call("search", json!({"query": "vent"})).await;

        let again = remembered(&session, "garden", AGAIN).await;
        let elsewhere = remembered(&session, "house", SAID).await;
        let other = remembered(&session, "garden", "Slugs eat the lettuce at night").await;

        assert_eq!(again["similar_to"], json!(first));
        assert_ne!(id_of(&again), first, "it is written all the same");
        for reply in [elsewhere, other] {
            assert!(reply.get("similar_to").is_none(), "{reply}");
        }
        stop(product).await;
    }

    async fn what_is_updated_or_in_the_trash_or_of_another_owner_is_no_duplicate(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let other = product.session_of("somebody-else").await;
        for session in [&session, &other] {
            session.call("search", json!({"query": "vent"})).await;
        }
        remembered(&other, "garden", SAID).await;
        let keyed = json!({"source": "garden", "tags": [], "description": SAID, "logical_key": "vent"});

        let created = session.call("remember", keyed.clone()).await;
        let updated = session.call("remember", keyed).await;
        session.call("delete_entry", json!({"entry_id": id_of(&created)})).await;
        let again = remembered(&session, "garden", AGAIN).await;

        for reply in [created, updated, again] {
            assert!(reply.get("similar_to").is_none(), "{reply}");
        }
        stop(product).await;
    }
}
