//! What was done because of entries, what nobody has read, and both logs in one.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{act, column, entry, id_of, keys, listed, remember, stop};
use crate::support::{Database, Product, both_databases};

both_databases! {
    async fn an_action_is_logged_with_the_tags_its_entry_has_by_then(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &["a", "b"]).await;

        let reply = act(&session, &id, "read aloud").await;
        let own = session
            .call("acted_on", json!({
                "entry_id": id, "action": "mailed", "tags": ["x"], "platform": "phone", "detail": "to Eve",
            }))
            .await;
        session.call("acted_on", json!({"entry_id": id, "action": "none", "tags": []})).await;
        session.call("update_entry", json!({"entry_id": id, "tags": ["later"]})).await;

        assert_eq!(keys(&reply), "action entry_id id status timestamp");
        assert_eq!((&reply["status"], &reply["entry_id"], &reply["action"]), (&json!("ok"), &json!(id), &json!("read aloud")));
        assert!(reply["id"].is_i64() && own["id"].as_i64() > reply["id"].as_i64());
        assert_eq!(keys(&own), keys(&reply));
        let actions = listed(&session, "get_actions", json!({})).await;
        assert_eq!(actions[0]["tags"], json!([]));
        assert_eq!(
            actions[1],
            json!({
                "id": own["id"], "entry_id": id, "timestamp": own["timestamp"], "platform": "phone", "action": "mailed",
                "detail": "to Eve", "tags": ["x"],
            })
        );
        assert_eq!(
            actions[2],
            json!({
                "id": reply["id"], "entry_id": id, "timestamp": reply["timestamp"], "platform": "rmcp",
                "action": "read aloud", "detail": null, "tags": ["a", "b"],
            })
        );
        stop(product).await;
    }

    async fn every_repetition_is_an_action_of_its_own(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;
        let mut tasks = Vec::new();
        for _ in 0..10 {
            let (session, id) = (product.session().await, id.clone());
            tasks.push(tokio::spawn(async move { act(&session, &id, "same").await["id"].clone() }));
        }
        let mut ids = Vec::new();
        for task in tasks {
            ids.push(task.await.unwrap().as_i64().unwrap());
        }
        ids.sort_unstable();
        ids.dedup();

        assert_eq!(ids.len(), 10);
        assert_eq!(listed(&session, "get_actions", json!({})).await.len(), 10);
        stop(product).await;
    }

    async fn an_action_needs_an_entry_that_is_there(database: Database) {
        let product = Product::start(&database).await;
        let (session, bob) = (product.session().await, product.session_of("bob").await);
        let deleted = remember(&session, "deleted", &[]).await;
        session.call("delete_entry", json!({"entry_id": deleted})).await;
        let foreign = remember(&bob, "foreign", &[]).await;

        for id in ["unknown", "", &deleted, &foreign] {
            let error = session.refused("acted_on", json!({"entry_id": id, "action": "a"})).await;
            assert_eq!((&error["code"], &error["retryable"]), (&json!("not_found"), &json!(false)));
            assert_eq!((&error["param"], &error["value"]), (&json!("entry_id"), &json!(id)));
        }
        for (tool, arguments) in [
            ("report_status", json!({"source": "s", "tags": [], "metrics": {}})),
            ("suppress_alert", json!({})),
            ("remind", json!({"goal": "g", "source": "s", "tags": []})),
        ] {
            let id = id_of(&session.call(tool, arguments).await);
            act(&session, &id, "any type").await;
        }
        assert_eq!(listed(&session, "get_actions", json!({})).await.len(), 3);
        assert!(listed(&bob, "get_actions", json!({})).await.is_empty());
        stop(product).await;
    }

    async fn actions_are_found_by_entry_time_client_and_tags(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let (one, two) = (remember(&session, "1", &[]).await, remember(&session, "2", &[]).await);
        let mut times = Vec::new();
        for (id, action, platform, tags) in [
            (&one, "a", "phone", json!(["x", "y"])), (&two, "b", "desk", json!(["x"])), (&one, "c", "desk", json!(["X", "y"])),
        ] {
            let act = json!({"entry_id": id, "action": action, "platform": platform, "tags": tags});
            times.push(session.call("acted_on", act).await["timestamp"].clone());
        }

        for (filter, found) in [
            (json!({}), "cba"),
            (json!({"entry_id": "", "platform": "", "tags": []}), "cba"),
            (json!({"entry_id": one}), "ca"),
            (json!({"entry_id": "unknown"}), ""),
            (json!({"since": times[1]}), "cb"),
            (json!({"since": "2031-02-04"}), ""),
            (json!({"platform": "desk"}), "cb"),
            (json!({"platform": "Desk"}), ""),
            (json!({"tags": ["x"]}), "ba"),
            (json!({"tags": ["y", "x"]}), "a"),
            (json!({"entry_id": one, "platform": "desk", "tags": ["y"]}), "c"),
        ] {
            let actions = column(&session, "get_actions", filter.clone(), "action").await;
            let actions: String = actions.iter().map(|action| action.as_str().unwrap()).collect();
            assert_eq!(actions, found, "{filter}");
        }
        stop(product).await;
    }

    async fn what_was_read_once_is_no_longer_unread(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let read = remember(&session, "read", &["t"]).await;
        session.call("remind", json!({"goal": "g", "source": "s", "tags": []})).await;
        let last = json!({"source": "s", "description": "last", "tags": [], "logical_key": "k"});
        session.call("remember", last).await;
        session.call("update_entry", json!({"entry_id": read, "description": "read and touched last"})).await;

        let unread = listed(&session, "get_unread", json!({})).await;
        let types: Vec<_> = unread.iter().map(|row| row["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["note", "intention", "note"], "last created first");
        assert_eq!(keys(&unread[0]), "created description id learned_from logical_key source tags type updated");
        assert_eq!(unread[1]["goal"], "g");
        assert_eq!(column(&session, "get_unread", json!({"limit": 1, "offset": 2}), "id").await, [json!(read)]);
        session.call("get_knowledge", json!({"tags": ["t"]})).await;
        let at = listed(&session, "get_reads", json!({})).await[0]["timestamp"].clone();

        assert_eq!(listed(&session, "get_unread", json!({})).await.len(), 2);
        assert_eq!(listed(&session, "get_unread", json!({"since": at})).await.len(), 2, "read at that very time");
        product.clock.advance(TimeDelta::hours(1));
        assert_eq!(listed(&session, "get_unread", json!({"since": "2031-02-03T04:06"})).await.len(), 3);
        stop(product).await;
    }

    async fn what_is_gone_is_not_unread_and_its_events_stay(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;
        let context = json!({"source": "s", "description": "c", "tags": [], "expires_days": 1});
        session.call("add_context", context).await;
        session.call("get_knowledge", json!({"source": "garden"})).await;
        act(&session, &id, "a").await;
        remember(&session, "unread and deleted", &["t"]).await;
        session.call("delete_entry", json!({"entry_id": id})).await;
        session.call("delete_entry", json!({"tags": ["t"], "confirm": true})).await;
        assert_eq!(column(&session, "get_unread", json!({}), "description").await, ["c"]);
        product.clock.advance(TimeDelta::days(1));

        assert!(listed(&session, "get_unread", json!({})).await.is_empty());
        for (tool, events) in [("get_reads", 1), ("get_actions", 1), ("get_activity", 2)] {
            assert_eq!(column(&session, tool, json!({}), "entry_id").await, vec![json!(id); events], "{tool}");
        }
        stop(product).await;
    }

    async fn activity_is_both_logs_in_one(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &["t"]).await;
        session.call("get_knowledge", json!({})).await;
        session.call("acted_on", json!({"entry_id": id, "action": "a", "detail": "more"})).await;
        session.call("search", json!({"query": "d"})).await;

        let activity = listed(&session, "get_activity", json!({})).await;
        let (reads, actions) = (listed(&session, "get_reads", json!({})).await, listed(&session, "get_actions", json!({})).await);

        let read = |tool: &str, read: &Value| {
            json!({
                "event_type": "read", "entry_id": id, "timestamp": read["timestamp"], "platform": "rmcp", "action": null,
                "detail": tool, "tags": [],
            })
        };
        assert_eq!(activity, [
            read("search", &reads[0]),
            json!({
                "event_type": "action", "entry_id": id, "timestamp": actions[0]["timestamp"], "platform": "rmcp",
                "action": "a", "detail": "more", "tags": ["t"],
            }),
            read("get_knowledge", &reads[1]),
        ]);
        let since = json!({"since": actions[0]["timestamp"]});
        assert_eq!(listed(&session, "get_activity", since).await.len(), 2);
        assert_eq!(listed(&session, "get_activity", json!({"limit": 1, "offset": 1})).await, activity[1..2]);
        stop(product).await;
    }

    async fn logs_and_what_is_unread_come_in_pages_without_gap_or_repeat(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let raw = database.connect().await;
        for number in 0..7 {
            let (id, at) = (format!("n{number}"), "2031-01-01T00:00:00+00:00");
            raw.run(&format!("INSERT INTO entries (id, type, source, created) VALUES ('{id}', 'note', 's', '{at}')")).await;
            raw.run(&format!("INSERT INTO entries (id, type, source, created) VALUES ('r{id}', 'note', 's', '{at}')")).await;
            raw.run(&format!("INSERT INTO reads (entry_id, timestamp) VALUES ('r{id}', '{at}')")).await;
            raw.run(&format!("INSERT INTO actions (entry_id, timestamp, action) VALUES ('r{id}', '{at}', 'a')")).await;
        }

        for (tool, total) in [("get_reads", 7), ("get_actions", 7), ("get_unread", 7), ("get_activity", 14)] {
            let mut seen = Vec::new();
            for offset in (0..).step_by(3) {
                let page = session.call(tool, json!({"limit": 3, "offset": offset})).await;
                let entries = page["entries"].as_array().unwrap().clone();
                assert_eq!((&page["limit"], &page["offset"]), (&json!(3), &json!(offset)), "{tool}");
                assert_eq!(page["has_more"], offset + entries.len() < total, "{tool} {offset}");
                seen.extend(entries);
                if page["has_more"] == false {
                    break;
                }
            }
            assert_eq!(seen.len(), total, "{tool}");
            assert_eq!(Value::from(seen), session.call(tool, json!({})).await["entries"], "{tool}");
        }
        stop(product).await;
    }

    async fn odd_text_comes_back_from_the_log_unchanged(database: Database) {
        let product = Product::start(&database).await;
        let odd = "O'Brien \"x\" {0} %s $1 ?1 \\ '; DROP TABLE actions;-- 日本語 \u{1F331}";
        let session = product.session_named(odd).await;
        let id = remember(&session, "d", &[odd]).await;
        session.call("get_knowledge", json!({})).await;

        session.call("acted_on", json!({"entry_id": id, "action": odd, "detail": odd})).await;

        let found = listed(&session, "get_actions", json!({"platform": odd, "tags": [odd]})).await;
        assert_eq!((&found[0]["action"], &found[0]["detail"], &found[0]["tags"]), (&json!(odd), &json!(odd), &json!([odd])));
        assert_eq!(listed(&session, "get_activity", json!({"platform": odd})).await.len(), 2);
        assert_eq!(entry(&session, &id).await["tags"], json!([odd]));
        stop(product).await;
    }
}
