//! Two owners on one server: neither sees, counts, changes or infers anything of the other.

use serde_json::{Value, json};

use super::{act, descriptions, entry, id_of, remember, stop};
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

    async fn what_is_watched_to_be_done_and_logged_is_ones_own(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let status = json!({"source": "pump", "tags": ["t"], "metrics": {"secret": 1}});
        ann.call("report_status", status.clone()).await;
        let alert = |message: &str| json!({
            "source": "pump", "tags": ["t"], "alert_id": "a", "level": "warning", "alert_type": "baseline", "message": message,
        });
        let alert_id = id_of(&ann.call("report_alert", alert("secret")).await);
        ann.call("suppress_alert", json!({"source": "pump"})).await;
        let intention = json!({"goal": "secret", "source": "pump", "tags": ["t"], "deliver_at": "2031-01-01"});
        let intention = id_of(&ann.call("remind", intention).await);
        let schema = json!({"source": "pump", "tags": [], "description": "d", "family": "f", "version": "1", "schema": {}});
        ann.call("register_schema", schema.clone()).await;
        let record = json!({
            "source": "pump", "tags": [], "description": "secret", "logical_key": "k", "schema_ref": "f",
            "schema_version": "1", "content": "secret",
        });
        let record_id = id_of(&ann.call("create_record", record.clone()).await);
        act(&ann, &alert_id, "secret").await;
        ann.call("get_alerts", json!({})).await;
        let before = [entry(&ann, &alert_id).await, entry(&ann, &intention).await, entry(&ann, &record_id).await];

        for tool in ["get_alerts", "get_intentions", "get_reads", "get_actions", "get_activity", "get_unread"] {
            let page = bob.call(tool, json!({})).await;
            assert_eq!((&page["entries"], &page["has_more"]), (&json!([]), &json!(false)), "{tool}");
        }
        assert_eq!(bob.call("get_suppressions", json!({})).await, json!([]));
        assert_eq!(bob.call("search", json!({"query": "secret"})).await["entries"], json!([]));
        assert_eq!(bob.call("get_briefing", json!({})).await["attention_needed"], false);
        for (tool, arguments, code) in [
            ("get_status", json!({"source": "pump"}), "not_found"),
            ("get_related", json!({"entry_id": record_id}), "not_found"),
            ("acted_on", json!({"entry_id": alert_id, "action": "a"}), "not_found"),
            ("update_intention", json!({"entry_id": intention, "state": "completed"}), "not_found"),
            ("update_entry", json!({"entry_id": alert_id, "tags": []}), "not_found"),
            ("create_record", record.clone(), "schema_not_found"),
        ] {
            assert_eq!(bob.refused(tool, arguments).await["code"], code, "{tool}");
        }
        bob.call("register_schema", schema).await;
        for (tool, arguments) in [("report_status", status), ("report_alert", alert("mine")), ("create_record", record)] {
            bob.call(tool, arguments).await;
        }

        assert_eq!(bob.call("get_stats", json!({})).await["total"], 4);
        assert_eq!([entry(&ann, &alert_id).await, entry(&ann, &intention).await, entry(&ann, &record_id).await], before);
        assert_eq!(ann.call("get_stats", json!({})).await["total"], 6);
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
