//! Entries that no tool would have written: they cost nobody the briefing.

use serde_json::{Value, json};

use super::{briefing, outcome, report, states};
use crate::mcp::{alert, knowledge, plant, stop};
use crate::support::{Database, Kind, Product, both_databases};

both_databases! {
    async fn a_malformed_entry_is_named_and_left_out(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "router").await;
        session.call("report_alert", alert("boiler", "a", "warning", "low")).await;
        session.call("remind", json!({"goal": "call", "source": "home", "tags": [], "deliver_at": "2031-01-01"})).await;
        for (id, kind, data) in [
            ("p1", "pattern", json!({"effect": "low", "conditions": {"hour_range": ["a", "b"]}})),
            ("p2", "pattern", json!({"effect": "low", "conditions": {"hour_range": "0-24"}})),
            ("p3", "pattern", json!({"effect": "low", "conditions": {"hour_range": [0, 24, 7]}})),
            ("p4", "pattern", json!({"effect": "low", "conditions": {"day_of_week": 1}})),
            ("p5", "pattern", json!({"effect": "low", "conditions": {"timezone": "Mars/Olympus"}})),
            ("p6", "pattern", json!({"effect": "low", "conditions": [1]})),
            ("p7", "pattern", json!({"effect": "low", "conditions": "always"})),
            ("q1", "suppression", json!({"suppress_level": "loud"})),
            ("q2", "suppression", json!({"escalation_override": "yes"})),
            ("s1", "status", json!({"ttl_sec": "soon"})),
            ("i1", "intention", json!({"goal": "g", "state": "pending", "deliver_at": "2031-01-32"})),
        ] {
            plant(&database, id, kind, "boiler", &data).await;
        }

        let found = briefing(&session).await;

        assert_eq!(
            found["evaluation"]["skipped"],
            json!(["i1", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "q1", "q2", "s1"])
        );
        assert_eq!((states(&found), outcome(&found)), ("boiler: warning, router: ok".into(), [0, 0, 1]));
        assert_eq!(found["sources"]["boiler"]["last_report"], Value::Null);
        assert_eq!(found["active_suppressions"], 0);
        assert_eq!(found["fired_intentions"][0]["goal"], "call");
        stop(product).await;
    }

    async fn an_odd_entry_that_can_be_read_is_used(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (id, kind, source, data) in [
            ("a1", "alert", "boiler", json!({"alert_id": 7, "message": 404, "level": true, "metric": {"a": 1}})),
            ("p1", "pattern", "router", json!({"effect": "low", "conditions": null})),
            ("p2", "pattern", "router", json!({})),
            ("a2", "alert", "router", json!({"alert_id": "a", "message": "low"})),
            ("q1", "suppression", "mill", json!({})),
            ("a3", "alert", "mill", json!({"alert_id": "a", "message": "low"})),
            ("s1", "status", "barn", json!({"ttl_sec": 60.5})),
        ] {
            plant(&database, id, kind, source, &data).await;
        }
        let tags = r#"UPDATE entries SET tags = '[1, null, {"a": []}, "t"]'"#;
        database.connect().await.run(tags).await;

        let found = briefing(&session).await;

        assert_eq!(states(&found), "barn: stale, boiler: warning, mill: ok, router: ok");
        assert!(found["evaluation"].get("skipped").is_none(), "{found}");
        assert_eq!(found["sources"]["boiler"]["headline"], "404");
        stop(product).await;
    }

    async fn a_number_or_a_time_out_of_range_is_named_and_left_out(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "router").await;
        plant(&database, "s1", "status", "boiler", &json!({"ttl_sec": 1})).await;
        let huge = r#"UPDATE entries SET data = '{"ttl_sec": 1e400}' WHERE id = 's1'"#;
        database.connect().await.run(huge).await;
        let mut skipped = vec!["s1"];
        if database.kind() == Kind::Sqlite {
            plant(&database, "a1", "alert", "boiler", &json!({"alert_id": "a", "message": "m"})).await;
            let unreadable = "UPDATE entries SET created = 'yesterday' WHERE id = 'a1'";
            database.connect().await.run(unreadable).await;
            skipped.insert(0, "a1");
        }

        let found = briefing(&session).await;

        assert_eq!((states(&found), outcome(&found)), ("router: ok".into(), [0, 0, 0]));
        assert_eq!(found["evaluation"]["skipped"], json!(skipped));
        stop(product).await;
    }

    async fn conditions_nested_as_deep_as_they_are_taken_are_read_again(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("report_alert", alert("boiler", "a", "warning", "low")).await;
        let nested = |levels: usize| {
            let conditions = format!("{{\"deep\": {}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
            json!({"source": "", "description": "d", "tags": [], "effect": "low", "conditions": conditions})
        };

        session.call("learn_pattern", nested(100)).await;
        for levels in [101, 120, 127, 128, 500] {
            let error = session.refused("learn_pattern", nested(levels)).await;
            assert_eq!(error["code"], "invalid_parameter", "{levels}");
            assert_eq!(error["param"], "conditions", "{levels}");
        }

        let found = briefing(&session).await;
        assert_eq!(outcome(&found), [0, 0, 1]);
        assert!(found["evaluation"].get("skipped").is_none());
        let patterns = knowledge(&session, json!({"entry_type": "pattern"})).await;
        assert_eq!(patterns.len(), 1);
        stop(product).await;
    }

    async fn conditions_nested_too_deep_are_named_and_left_out(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("report_alert", alert("boiler", "a", "warning", "low")).await;
        plant(&database, "p", "pattern", "boiler", &json!({"effect": "low"})).await;
        let deep = "[".repeat(300) + &"]".repeat(300);
        let data = format!(r#"{{"effect": "low", "conditions": {{"deep": {deep}}}}}"#);
        database.connect().await.run(&format!("UPDATE entries SET data = '{data}' WHERE id = 'p'")).await;

        let found = briefing(&session).await;

        assert_eq!((outcome(&found), &found["evaluation"]["skipped"]), ([0, 0, 1], &json!(["p"])));
        stop(product).await;
    }

    async fn a_due_time_that_is_none_is_named_however_late_it_sorts(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (id, deliver_at) in [
            ("a", json!("soon")), ("b", json!("2099-13-01T00:00:00+00:00")), ("c", json!("2099-02-30T00:00:00+00:00")),
            ("d", json!("2099-01-01T24:00:00+00:00")), ("e", json!(9_000_000_000_u64)), ("f", json!("9999")),
            ("ok-1", json!("2099-12-31T23:59:59+00:00")), ("ok-2", json!("2099-12-31")), ("ok-3", json!("2099-01-02T03:04:05.5-03:00")),
        ] {
            let data = json!({"goal": "g", "state": "pending", "deliver_at": deliver_at});
            plant(&database, id, "intention", "home", &data).await;
        }

        let found = briefing(&session).await;

        assert_eq!(found["evaluation"]["skipped"], json!(["a", "b", "c", "d", "e", "f"]));
        assert_eq!(found["fired_intentions"].as_array().map_or(0, Vec::len), 0);
        stop(product).await;
    }

    async fn data_that_does_not_read_costs_no_page(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let deep = "[".repeat(300) + &"]".repeat(300);
        for (id, data) in [("huge", r#"{"description": "d", "n": 1e400}"#.to_owned()), ("deep", format!(r#"{{"n": {deep}}}"#))] {
            plant(&database, id, "note", "s", &json!({})).await;
            database.connect().await.run(&format!("UPDATE entries SET data = '{data}' WHERE id = '{id}'")).await;
        }
        plant(&database, "good", "note", "s", &json!({"description": "good"})).await;

        let entries = knowledge(&session, json!({})).await;

        let of = |id: &str| entries.iter().find(|entry| entry["id"] == id).unwrap();
        assert_eq!((entries.len(), &of("good")["data"]["description"]), (3, &json!("good")));
        for id in ["huge", "deep"] {
            assert!(of(id)["data"]["unreadable"].is_string(), "{id}");
            assert!(session.call("get_related", json!({"entry_id": id})).await["entries"].is_array());
        }
        assert_eq!(knowledge(&session, json!({"mode": "list"})).await.len(), 3);
        session.call("delete_entry", json!({"entry_id": "huge"})).await;
        assert_eq!(knowledge(&session, json!({})).await.len(), 2);
        stop(product).await;
    }
}
