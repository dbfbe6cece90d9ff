//! Two owners on one server: neither sees, counts, changes or infers anything of the other.

use serde_json::{Value, json};

use super::{descriptions, entry, remember, stop};
use crate::support::{Database, Product, both_databases};

both_databases! {
    async fn no_tool_reaches_another_owners_entries(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let id = remember(&ann, "secret", &["t"]).await;
        let before = entry(&ann, &id).await;

        for (tool, arguments, nothing) in [
            ("get_knowledge", json!({"include_expired": true}), json!({"entries": [], "limit": 100, "offset": 0, "has_more": false, "owner_scope": "own"})),
            ("get_knowledge", json!({"mode": "list", "tags": ["t"], "limit": 0}), json!({"entries": [], "limit": 0, "offset": 0, "has_more": false, "owner_scope": "own"})),
            ("get_deleted", json!({}), json!({"entries": [], "limit": 100, "offset": 0, "has_more": false, "owner_scope": "own"})),
            ("get_tags", json!({}), json!([])),
            ("restore_entry", json!({"entry_id": id}), json!({"status": "not_found", "restored": 0, "entry_id": id})),
            ("restore_entry", json!({"tags": ["t"]}), json!({"status": "ok", "restored": 0, "tags": ["t"]})),
            ("delete_entry", json!({"tags": ["t"], "confirm": true}),
                json!({"status": "ok", "trashed": 0, "tags": ["t"], "recoverable_days": 30})),
            ("delete_entry", json!({"source": "garden", "confirm": true}),
                json!({"status": "ok", "trashed": 0, "source": "garden", "entry_type": null, "recoverable_days": 30})),
        ] {
            assert_eq!(bob.call(tool, arguments).await, nothing, "{tool}");
        }
        assert_eq!(bob.call("get_stats", json!({})).await["total"], 0);
        bob.call("delete_entry", json!({"entry_id": id})).await;
        assert_eq!(bob.refused("update_entry", json!({"entry_id": id, "description": "x"})).await["code"], "not_found");

        assert_eq!(entry(&ann, &id).await, before);
        stop(product).await;
    }

    async fn interleaved_calls_stay_with_their_owner(database: Database) {
        let product = Product::start(&database).await;
        let mut tasks = Vec::new();
        for owner in ["ann", "bob", "eve"] {
            let session = product.session_of(owner).await;
            tasks.push(tokio::spawn(async move {
                for number in 0..15 {
                    remember(&session, &format!("{owner} {number}"), &[]).await;
                    let seen = descriptions(&session, json!({})).await;
                    assert_eq!(seen.len(), number + 1);
                    assert!(seen.iter().all(|text| text.starts_with(owner)), "{seen:?}");
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        stop(product).await;
    }

    async fn owners_with_odd_names_are_kept_apart(database: Database) {
        let product = Product::start(&database).await;
        for owner in ["O'Brien", "x'); DROP TABLE entries;--", "$$", "Ünïcode", "a\\b", "%"] {
            let session = product.session_of(owner).await;
            remember(&session, owner, &[]).await;
            assert_eq!(descriptions(&session, json!({})).await, [owner]);
        }
        let session = product.session().await;
        assert_eq!(session.call("get_stats", json!({})).await["total"], Value::from(0));
        stop(product).await;
    }
}
