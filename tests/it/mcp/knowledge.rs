//! Remembering, and finding again.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{descriptions, entry, id_of, knowledge, remember, stop};
use crate::support::{Database, Product, both_databases};

both_databases! {
    async fn without_a_key_every_call_is_a_new_note(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let note = json!({"source": "s", "description": "d", "tags": [], "logical_key": ""});

        let first = session.call("remember", note.clone()).await;
        let second = session.call("remember", note).await;

        assert_ne!(first["id"], second["id"]);
        assert_eq!(first.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "status"]);
        stop(product).await;
    }

    async fn a_key_updates_and_keeps_what_it_replaced(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let keyed = |description: &str, tags: Value| {
            json!({"source": "s", "description": description, "tags": tags, "logical_key": "k"})
        };

        let created = session.call("remember", keyed("first", json!(["a", "b"]))).await;
        let same = session.call("remember", keyed("first", json!(["a", "b"]))).await;
        let untouched = entry(&session, &id_of(&created)).await;
        let updated = session.call("remember", keyed("second", json!(["b", "a"]))).await;
        let touched = entry(&session, &id_of(&created)).await;

        assert_eq!([&created["action"], &same["action"], &updated["action"]], ["created", "updated", "updated"]);
        assert_eq!(created["id"], updated["id"]);
        assert_eq!(untouched["updated"], Value::Null);
        assert!(untouched["data"].get("changelog").is_none());
        let history = touched["data"]["changelog"].as_array().unwrap();
        assert_eq!(history.len(), 1);
        assert_eq!(history[0]["changed"], json!({"description": "first", "tags": ["a", "b"]}));
        assert_eq!(history[0]["updated"], touched["updated"]);
        assert_eq!(touched["created"], untouched["created"]);
        stop(product).await;
    }

    async fn an_upsert_adds_what_was_not_there_and_leaves_what_was_not_sent(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = id_of(
            &session.call("remember", json!({"source": "s", "description": "d", "tags": [], "logical_key": "k"})).await,
        );

        session
            .call("remember", json!({
                "source": "s", "description": "d", "tags": [], "logical_key": "k", "content": "more",
                "learned_from": "a book", "language": "fr", "related_ids": [id, "other"],
            }))
            .await;
        session.call("remember", json!({"source": "s", "description": "d", "tags": [], "logical_key": "k"})).await;

        let stored = entry(&session, &id).await;
        assert_eq!(stored["data"]["content"], "more");
        assert_eq!(stored["data"]["content_type"], "text/plain");
        assert_eq!(stored["data"]["learned_from"], "a book");
        assert_eq!(stored["data"]["related_ids"], json!(["other"]), "never to itself");
        assert_eq!(stored["language"], "french");
        let history = stored["data"]["changelog"].as_array().unwrap();
        assert_eq!(history.len(), 1, "what was not sent is no change");
        assert_eq!(
            history[0]["changed"],
            json!({
                "content": null, "content_type": null, "learned_from": "conversation", "language": "simple",
                "related_ids": null,
            })
        );
        stop(product).await;
    }

    async fn the_same_key_elsewhere_or_after_deletion_is_another_entry(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let keyed = |source: &str| json!({"source": source, "description": "d", "tags": [], "logical_key": "k"});

        let here = id_of(&session.call("remember", keyed("here")).await);
        let there = id_of(&session.call("remember", keyed("there")).await);
        session.call("delete_entry", json!({"entry_id": here})).await;
        let again = session.call("remember", keyed("here")).await;

        assert_ne!(here, there);
        assert_eq!(again["action"], "created");
        assert_ne!(id_of(&again), here);
        stop(product).await;
    }

    async fn ten_clients_with_one_key_make_one_entry(database: Database) {
        let product = Product::start(&database).await;
        let mut tasks = Vec::new();
        for number in 0..10 {
            let session = product.session().await;
            tasks.push(tokio::spawn(async move {
                let note = json!({"source": "s", "description": format!("d{number}"), "tags": [], "logical_key": "k"});
                session.call("remember", note).await
            }));
        }
        let mut created = 0;
        for task in tasks {
            created += u32::from(task.await.unwrap()["action"] == "created");
        }

        let session = product.session().await;
        let entries = knowledge(&session, json!({"include_history": "true"})).await;
        assert_eq!(created, 1);
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0]["data"]["changelog"].as_array().unwrap().len(), 9);
        stop(product).await;
    }

    async fn a_key_that_belongs_to_another_type_is_a_conflict(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        database
            .connect()
            .await
            .run(
                r#"INSERT INTO entries (id, type, source, created, logical_key, data)
                   VALUES ('schema', 'schema', 's', '2031-01-01T00:00:00+00:00', 'f:1', '{"family": "f", "version": "1"}')"#,
            )
            .await;

        let error = session
            .refused("remember", json!({"source": "s", "description": "d", "tags": ["x"], "logical_key": "f:1"}))
            .await;

        assert_eq!(error["code"], "conflict");
        assert_eq!((&error["existing_id"], &error["existing_type"]), (&json!("schema"), &json!("schema")));
        assert_eq!(entry(&session, "schema").await["tags"], json!([]));
        stop(product).await;
    }

    async fn content_is_kept_byte_for_byte_and_objects_become_their_text(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut stored = Vec::new();
        for content in [json!("{ \"a\" :1 }"), json!("null"), json!({"b": [1, "ü"]}), json!([1, 2]), Value::Null] {
            let note = json!({"source": "s", "description": "d", "tags": [], "content": content});
            let reply = session.call("remember", note).await;
            stored.push(entry(&session, &id_of(&reply)).await["data"].clone());
        }

        let contents: Vec<_> = stored.iter().map(|data| data.get("content").cloned()).collect();
        assert_eq!(contents, [
            Some(json!("{ \"a\" :1 }")), Some(json!("null")), Some(json!("{\"b\":[1,\"ü\"]}")), Some(json!("[1,2]")), None,
        ]);
        assert_eq!(stored[0]["content_type"], "text/plain");
        assert!(stored[4].get("content_type").is_none());
        stop(product).await;
    }

    async fn a_pattern_has_its_defaults_and_checked_conditions(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let pattern = |conditions: Value| json!({"source": "", "description": "d", "tags": [], "conditions": conditions});

        let plain = session.call("learn_pattern", json!({"source": "s", "description": "d", "tags": []})).await;
        let stored = entry(&session, &id_of(&plain)).await;
        assert_eq!(
            stored["data"],
            json!({"description": "d", "conditions": {}, "effect": "", "learned_from": "conversation"})
        );
        session.call("learn_pattern", pattern(json!({"hour_range": [22, 6], "day_of_week": "friday"}))).await;
        for bad in [json!({"hour_range": "9-17"}), json!({"hour_range": ["a", "b"]}), json!({"day_of_week": "someday"})] {
            let error = session.refused("learn_pattern", pattern(bad.clone())).await;
            assert_eq!((&error["param"], &error["value"]), (&json!("conditions"), &bad));
        }
        stop(product).await;
    }

    async fn a_context_expires_and_is_then_hidden(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let context = |days: i64| json!({"source": "s", "description": "passing", "tags": [], "expires_days": days});

        let reply = session.call("add_context", context(2)).await;
        assert_eq!(reply["expires"].as_str().unwrap(), "2031-02-05T04:05:06.001000+00:00");
        for days in [0, -1, 36_501, i64::MAX] {
            let error = session.refused("add_context", context(days)).await;
            assert_eq!((&error["param"], &error["value"]), (&json!("expires_days"), &json!(days)));
        }
        assert_eq!(descriptions(&session, json!({})).await, ["passing"]);
        product.clock.advance(TimeDelta::days(2));

        assert!(descriptions(&session, json!({})).await.is_empty());
        assert_eq!(session.call("get_stats", json!({})).await["total"], 0);
        assert_eq!(descriptions(&session, json!({"include_expired": true})).await, ["passing"]);
        stop(product).await;
    }

    async fn a_preference_is_set_in_place_within_its_scope(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let first = session.call("set_preference", json!({"key": "k", "value": "a"})).await;
        let second = session.call("set_preference", json!({"key": "k", "value": "b"})).await;
        let other = session.call("set_preference", json!({"key": "k", "value": "c", "scope": "phone"})).await;

        assert_eq!(first["id"], second["id"]);
        assert_ne!(first["id"], other["id"]);
        assert_eq!(second, json!({"status": "ok", "id": first["id"], "key": "k", "scope": "global"}));
        let stored = entry(&session, &id_of(&first)).await;
        assert_eq!(stored["data"], json!({"key": "k", "value": "b", "scope": "global"}));
        assert_eq!((&stored["source"], &stored["tags"]), (&json!("global"), &json!([])));
        assert_ne!(stored["updated"], Value::Null);
        stop(product).await;
    }

    async fn only_the_four_kinds_of_knowledge_are_found_without_a_type(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "note", &[]).await;
        session.call("learn_pattern", json!({"source": "s", "description": "pattern", "tags": []})).await;
        database
            .connect()
            .await
            .run(
                r#"INSERT INTO entries (id, type, source, created, data)
                   VALUES ('r', 'record', 's', '2031-01-01T00:00:00+00:00', '{"description": "record", "content": [1]}')"#,
            )
            .await;

        assert_eq!(descriptions(&session, json!({})).await, ["pattern", "note"]);
        assert_eq!(descriptions(&session, json!({"entry_type": ""})).await.len(), 2);
        assert_eq!(descriptions(&session, json!({"entry_type": "record"})).await, ["record"]);
        stop(product).await;
    }

    async fn the_last_touched_comes_first(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let first = remember(&session, "first", &[]).await;
        remember(&session, "second", &[]).await;
        session.call("update_entry", json!({"entry_id": first, "description": "first, changed"})).await;

        assert_eq!(descriptions(&session, json!({})).await, ["first, changed", "second"]);
        stop(product).await;
    }

    async fn filters_are_exact_and_combined(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (source, description, tags, origin) in [
            ("a", "one", json!(["x", "y"]), "book"),
            ("a", "two", json!(["x"]), "conversation"),
            ("", "three", json!(["X", "y"]), "book"),
        ] {
            session
                .call("remember", json!({"source": source, "description": description, "tags": tags, "learned_from": origin}))
                .await;
        }

        assert_eq!(descriptions(&session, json!({"tags": ["x"]})).await, ["two", "one"]);
        assert_eq!(descriptions(&session, json!({"tags": ["y", "x"]})).await, ["one"]);
        assert_eq!(descriptions(&session, json!({"tags": []})).await.len(), 3);
        assert_eq!(descriptions(&session, json!({"source": ""})).await, ["three"]);
        assert_eq!(descriptions(&session, json!({"learned_from": "book"})).await, ["three", "one"]);
        assert_eq!(descriptions(&session, json!({"source": "a", "learned_from": "book"})).await, ["one"]);
        stop(product).await;
    }

    async fn times_in_any_accepted_form_filter_inclusively(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "n", &[]).await;
        let created = entry(&session, &id).await["created"].as_str().unwrap().to_owned();
        assert_eq!(created, "2031-02-03T04:05:06.001000+00:00");

        for (param, value, found) in [
            ("since", created.as_str(), 1),
            ("until", &created, 1),
            ("since", "2031-02-03T04:05:06.0010009Z", 1),
            ("since", "2031-02-03T04:05:06.002", 0),
            ("until", "2031-02-03T04:05:06", 0),
            ("since", "2031-02-03", 1),
            ("since", "20310203T040506Z", 1),
            ("since", "2031-02-03T09:35:06+05:30", 1),
            ("created_after", "2031-02-03T06:05:06.001+02", 1),
            ("created_before", &created, 1),
            ("created_after", "2031-02-04", 0),
        ] {
            assert_eq!(knowledge(&session, json!({param: value})).await.len(), found, "{param} {value}");
        }
        session.call("update_entry", json!({"entry_id": id, "description": "m"})).await;
        assert_eq!(knowledge(&session, json!({"created_after": "2031-02-03T04:05:06.002"})).await.len(), 0);
        assert_eq!(knowledge(&session, json!({"since": "2031-02-03T04:05:06.002"})).await.len(), 1);
        stop(product).await;
    }

    async fn history_is_hidden_shown_or_all_that_is_wanted(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..4 {
            let id = remember(&session, &format!("n{number}"), &[]).await;
            if number < 3 {
                session.call("update_entry", json!({"entry_id": id, "description": format!("m{number}")})).await;
            }
        }
        let with_history = async |arguments: Value| {
            let entries = knowledge(&session, arguments).await;
            (entries.len(), entries.iter().filter(|entry| entry["data"].get("changelog").is_some()).count())
        };

        assert_eq!(with_history(json!({})).await, (4, 0));
        assert_eq!(with_history(json!({"include_history": "false"})).await, (4, 0));
        assert_eq!(with_history(json!({"include_history": "true"})).await, (4, 3));
        assert_eq!(with_history(json!({"include_history": "only"})).await, (3, 3));
        let page = json!({"include_history": "only", "limit": 2, "offset": 1});
        assert_eq!(descriptions(&session, page).await, ["m1", "m0"]);
        stop(product).await;
    }

    async fn a_summary_counts_the_reads_this_one_included(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "n", &[]).await;
        let list = json!({"mode": "list"});

        for count in 1..=3 {
            let entries = knowledge(&session, list.clone()).await;
            assert_eq!(entries[0]["read_count"], count);
            assert_ne!(entries[0]["last_read"], Value::Null);
            if count == 2 {
                product.service.flush_reads().await;
            }
        }
        session.call("get_knowledge", json!({})).await;
        product.service.flush_reads().await;

        assert_eq!(knowledge(&session, list).await[0]["read_count"], 5);
        product.service.flush_reads().await;
        let raw = database.connect().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM reads WHERE tool_used = 'get_knowledge'").await, 5);
        assert_eq!(raw.texts("SELECT DISTINCT platform FROM reads").await, ["rmcp"], "the client's name");
        stop(product).await;
    }

    async fn both_forms_have_exactly_their_keys(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "plain", &[]).await;
        session
            .call("remember", json!({"source": "s", "description": "d", "tags": [], "logical_key": "k", "language": "fr"}))
            .await;
        let keys = |entry: &Value| entry.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");

        let full = knowledge(&session, json!({})).await;
        let list = knowledge(&session, json!({"mode": "list"})).await;

        assert_eq!(keys(&full[0]), "created data expires id language logical_key source tags type updated");
        assert_eq!(keys(&full[1]), "created data expires id source tags type updated");
        assert_eq!(keys(&list[0]), "created description id last_read learned_from logical_key read_count source tags type updated");
        assert_eq!(keys(&list[1]), "created description id last_read learned_from read_count source tags type updated");
        stop(product).await;
    }

    async fn summaries_of_alerts_and_intentions_show_what_matters(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        database
            .connect()
            .await
            .run(
                r#"INSERT INTO entries (id, type, source, created, data) VALUES
                   ('a', 'alert', 's', '2031-01-01T00:00:00+00:00',
                    '{"alert_id": "a1", "level": "warning", "message": "hot", "resolved": false}'),
                   ('i', 'intention', 's', '2031-01-01T00:00:00+00:00', '{"goal": "buy"}')"#,
            )
            .await;

        let alert = &knowledge(&session, json!({"entry_type": "alert", "mode": "list"})).await[0];
        let intention = &knowledge(&session, json!({"entry_type": "intention", "mode": "list"})).await[0];

        assert_eq!(alert["description"], "hot");
        assert_eq!((&alert["alert_id"], &alert["level"], &alert["resolved"]), (&json!("a1"), &json!("warning"), &json!(false)));
        assert_eq!((&intention["goal"], &intention["state"]), (&json!("buy"), &json!("pending")));
        stop(product).await;
    }

    async fn pages_follow_each_other_without_gap_or_repeat(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..7 {
            remember(&session, &format!("n{number}"), &["t"]).await;
        }

        let mut seen = Vec::new();
        for offset in [0, 3, 6] {
            let page = session.call("get_knowledge", json!({"tags": ["t"], "limit": 3, "offset": offset})).await;
            assert_eq!((&page["limit"], &page["offset"]), (&json!(3), &json!(offset)));
            assert_eq!(page["has_more"], offset < 6);
            seen.extend(page["entries"].as_array().unwrap().iter().map(|entry| entry["data"]["description"].clone()));
        }

        assert_eq!(seen, ["n6", "n5", "n4", "n3", "n2", "n1", "n0"]);
        let exact = session.call("get_knowledge", json!({"limit": 7})).await;
        assert_eq!(exact["has_more"], false);
        stop(product).await;
    }

    async fn tags_and_types_are_counted(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "a", &["y", "x", "x"]).await;
        remember(&session, "b", &["x"]).await;
        session.call("set_preference", json!({"key": "k", "value": "v"})).await;

        let tags = session.call("get_tags", json!({})).await;
        let stats = session.call("get_stats", json!({})).await;

        assert_eq!(tags, json!([{"tag": "x", "count": 2}, {"tag": "y", "count": 1}]));
        assert_eq!(
            stats,
            json!({
                "entries": {
                    "status": 0, "alert": 0, "pattern": 0, "suppression": 0, "context": 0, "preference": 1, "note": 2,
                    "intention": 0, "schema": 0, "record": 0,
                },
                "sources": ["garden", "global"],
                "total": 3,
            })
        );
        stop(product).await;
    }
}
