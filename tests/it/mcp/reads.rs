//! The log of reads: which tools write it, and that a client finds its own read in it at once.

use chrono::TimeDelta;
use rmcp::ServiceError;
use rmcp::model::{CallToolRequestParams, ErrorCode};
use serde_json::json;

use super::{act, column, descriptions, id_of, keys, listed, remember, stop};
use crate::support::{Database, Product, both_databases};

both_databases! {
    async fn tools_that_return_entries_log_them_as_read(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let note = remember(&session, "note", &[]).await;
        let related = json!({"source": "s", "description": "related", "tags": [], "related_ids": [note]});
        let related = id_of(&session.call("remember", related).await);
        session.call("report_status", json!({"source": "s", "tags": [], "metrics": {}})).await;
        let alert = json!({
            "source": "s", "tags": [], "alert_id": "a", "level": "warning", "alert_type": "threshold", "message": "m",
        });
        session.call("report_alert", alert).await;
        session.call("suppress_alert", json!({})).await;
        session.call("remind", json!({"goal": "g", "source": "s", "tags": [], "deliver_at": "2031-01-01"})).await;
        act(&session, &note, "a").await;

        for (tool, arguments, logged) in [
            ("get_knowledge", json!({"source": "garden"}), Some("get_knowledge")),
            ("get_knowledge", json!({"source": "garden", "mode": "list"}), Some("get_knowledge")),
            ("get_alerts", json!({}), Some("get_alerts")),
            ("get_status", json!({"source": "s"}), Some("get_status")),
            ("get_suppressions", json!({}), Some("get_suppressions")),
            ("get_intentions", json!({}), Some("get_intentions")),
            ("search", json!({"query": "note"}), Some("search")),
            ("semantic_search", json!({"query": "note", "mode": "list"}), Some("search")),
            ("get_related", json!({"entry_id": related, "mode": "list"}), Some("get_related")),
            ("get_unread", json!({}), None),
            ("get_deleted", json!({}), None),
            ("get_briefing", json!({}), None),
            ("get_stats", json!({}), None),
            ("get_tags", json!({}), None),
            ("get_reads", json!({}), None),
            ("get_actions", json!({}), None),
            ("get_activity", json!({}), None),
        ] {
            product.clock.advance(TimeDelta::seconds(1));
            let before = listed(&session, "get_reads", json!({})).await.len();
            session.call(tool, arguments).await;
            let tools = column(&session, "get_reads", json!({}), "tool_used").await;
            assert_eq!(tools.len() - before, usize::from(logged.is_some()), "{tool}");
            if let Some(logged) = logged {
                assert_eq!(tools[0], logged, "{tool}");
            }
        }
        stop(product).await;
    }

    async fn a_read_is_logged_once_for_each_entry_a_call_returned(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let (one, two) = (remember(&session, "1", &[]).await, remember(&session, "2", &[]).await);
        session.call("get_knowledge", json!({"limit": 1})).await;
        session.call("get_knowledge", json!({"limit": 0})).await;
        session.call("get_knowledge", json!({})).await;

        let reads = listed(&session, "get_reads", json!({})).await;

        let mut last_call: Vec<_> = reads[..2].iter().map(|read| read["entry_id"].as_str().unwrap()).collect();
        last_call.sort_unstable();
        assert_eq!((reads.len(), last_call), (3, vec![one.as_str(), &two]));
        assert_eq!(reads[2]["entry_id"], json!(two));
        assert!(reads.iter().all(|read| keys(read) == "entry_id id platform timestamp tool_used" && read["id"].is_i64()));
        stop(product).await;
    }

    async fn reads_are_found_by_entry_time_and_the_name_of_the_client(database: Database) {
        let product = Product::start(&database).await;
        let (phone, desk) = (product.session_named("phone").await, product.session_named("desk").await);
        let id = remember(&phone, "d", &["t"]).await;
        let other = remember(&phone, "other", &[]).await;
        phone.call("get_knowledge", json!({"tags": ["t"]})).await;
        desk.call("get_knowledge", json!({})).await;
        act(&desk, &id, "a").await;
        let since = listed(&desk, "get_reads", json!({"platform": "desk"})).await[0]["timestamp"].clone();

        for (filter, found) in [
            (json!({}), 3),
            (json!({"entry_id": "", "platform": ""}), 3),
            (json!({"entry_id": id}), 2),
            (json!({"entry_id": other}), 1),
            (json!({"platform": "desk"}), 2),
            (json!({"platform": "DESK"}), 0),
            (json!({"since": since}), 2),
            (json!({"since": since, "entry_id": id, "platform": "phone"}), 0),
        ] {
            let reads = listed(&desk, "get_reads", filter.clone()).await;
            assert_eq!(reads.len(), found, "{filter}");
        }
        assert_eq!(column(&desk, "get_activity", json!({"platform": "phone"}), "platform").await, ["phone"]);
        assert_eq!(column(&desk, "get_actions", json!({}), "platform").await, ["desk"]);
        stop(product).await;
    }

    async fn a_client_sees_its_own_read_at_once_among_many(database: Database) {
        let product = Product::start(&database).await;
        let mut tasks = Vec::new();
        for owner in ["ann", "bob", "eve"] {
            for number in 0..4 {
                let session = product.session_of(owner).await;
                tasks.push(tokio::spawn(async move {
                    let tag = format!("t{number}");
                    let id = remember(&session, "d", &[&tag]).await;
                    for count in 1..=5 {
                        session.call("get_knowledge", json!({"tags": [tag]})).await;
                        let reads = listed(&session, "get_reads", json!({"entry_id": id})).await;
                        assert_eq!(reads.len(), count);
                        assert!(!column(&session, "get_unread", json!({}), "id").await.contains(&json!(id)));
                    }
                    let activity = column(&session, "get_activity", json!({}), "entry_id").await;
                    assert_eq!(activity.iter().filter(|one| **one == json!(id)).count(), 5);
                }));
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
        stop(product).await;
    }

    async fn a_log_that_cannot_be_written_fails_no_reader(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;
        database.connect().await.run("ALTER TABLE reads RENAME TO away").await;

        for mode in ["list", "full"] {
            assert_eq!(descriptions(&session, json!({"mode": mode})).await, ["d"]);
            product.service.flush_reads().await;
        }
        assert_eq!(column(&session, "search", json!({"query": "d"}), "id").await, [json!(id)]);
        let request = CallToolRequestParams::new("get_reads");
        let error = session.client().call_tool(request).await.unwrap_err();

        let ServiceError::McpError(error) = error else {
            panic!("{error:?}");
        };
        assert_eq!(error.code, ErrorCode::INTERNAL_ERROR);
        assert!(!error.message.contains("reads"), "{}", error.message);
        stop(product).await;
    }
}
