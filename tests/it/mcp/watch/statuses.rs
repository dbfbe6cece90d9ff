//! Reports of how a system is.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::reads;
use crate::mcp::{id_of, knowledge, stop};
use crate::support::{Database, Product, both_databases};

fn status(source: &str, metrics: &Value) -> Value {
    json!({"source": source, "tags": ["house"], "metrics": metrics})
}

both_databases! {
    async fn a_report_takes_the_place_of_the_last_one(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut report = status("boiler", &json!({"bar": 1.5, "old": true}));
        report["inventory"] = json!({"pumps": ["a"]});

        let first = session.call("report_status", report).await;
        let id = id_of(&first);
        session.call("acted_on", json!({"entry_id": id, "action": "looked"})).await;
        let before = session.call("get_status", json!({"source": "boiler"})).await;
        let second = session.call("report_status", status("boiler", &json!({"bar": 0.2}))).await;
        let after = session.call("get_status", json!({"source": "boiler"})).await;

        assert_eq!(first, json!({"status": "ok", "id": id, "source": "boiler"}));
        assert_eq!(second, first, "the status keeps its id");
        assert_eq!(before["data"]["inventory"], json!({"pumps": ["a"]}));
        assert_eq!(after["data"], json!({"metrics": {"bar": 0.2}, "ttl_sec": 120}));
        assert_eq!((&after["id"], &after["created"]), (&json!(id), &before["created"]));
        assert_eq!((&before["updated"], after["updated"].is_string()), (&Value::Null, true));
        assert_eq!(knowledge(&session, json!({"entry_type": "status"})).await.len(), 1);
        let actions = session.call("get_actions", json!({"entry_id": id})).await;
        assert_eq!(actions["entries"].as_array().unwrap().len(), 1, "and what was done about it");
        stop(product).await;
    }

    async fn a_status_stores_an_inventory_only_if_there_is_one(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut report = status("boiler", &json!({}));
        report["inventory"] = json!({});
        report["ttl_sec"] = json!("45");

        session.call("report_status", report).await;
        session.call("report_status", status("router", &json!({"up": true}))).await;

        let boiler = session.call("get_status", json!({"source": "boiler"})).await;
        assert_eq!(boiler["data"], json!({"metrics": {}, "ttl_sec": 45}));
        let router = session.call("get_status", json!({"source": "router"})).await;
        assert_eq!(router["data"], json!({"metrics": {"up": true}, "ttl_sec": 120}));
        assert_eq!(router["tags"], json!(["house"]));
        stop(product).await;
    }

    async fn a_status_lives_a_second_at_least(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let lasting = |seconds: i64| {
            let mut report = status("boiler", &json!({}));
            report["ttl_sec"] = json!(seconds);
            report
        };

        for seconds in [0, -1, i64::MIN] {
            let error = session.refused("report_status", lasting(seconds)).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("ttl_sec")));
            assert_eq!(error["value"], json!(seconds));
        }
        assert_eq!(session.refused("get_status", json!({"source": "boiler"})).await["code"], "not_found");
        for seconds in [1, i64::MAX] {
            session.call("report_status", lasting(seconds)).await;
            let stored = session.call("get_status", json!({"source": "boiler"})).await;
            assert_eq!(stored["data"]["ttl_sec"], json!(seconds));
        }
        stop(product).await;
    }

    async fn clients_that_report_at_once_leave_one_status(database: Database) {
        let product = Product::start(&database).await;
        let mut tasks = Vec::new();
        for number in 0..6 {
            let session = product.session().await;
            tasks.push(tokio::spawn(async move {
                session.call("report_status", status("boiler", &json!({"number": number}))).await
            }));
        }
        let mut ids = Vec::new();
        for task in tasks {
            ids.push(id_of(&task.await.unwrap()));
        }

        let session = product.session().await;
        let statuses = knowledge(&session, json!({"entry_type": "status"})).await;
        assert_eq!(statuses.len(), 1);
        assert!(ids.iter().all(|id| statuses[0]["id"] == **id), "{ids:?}");
        stop(product).await;
    }

    async fn a_source_that_never_reported_has_no_status(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let id = id_of(&ann.call("report_status", status("boiler", &json!({"bar": 1}))).await);
        product.clock.advance(TimeDelta::days(1));

        for (session, source) in [(&ann, "router"), (&ann, ""), (&bob, "boiler")] {
            let error = session.refused("get_status", json!({"source": source})).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("not_found"), &json!("source")));
            assert_eq!(error["value"], source);
        }
        let stale = ann.call("get_status", json!({"source": "boiler"})).await;
        assert_eq!((&stale["id"], &stale["type"]), (&json!(id), &json!("status")), "a stale one is found");
        assert_eq!(reads(&product, &database, "get_status").await, 1);
        stop(product).await;
    }

    async fn a_status_in_the_trash_is_left_alone_and_does_not_come_back_beside_another(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let first = id_of(&session.call("report_status", status("boiler", &json!({"number": 1}))).await);
        session.call("delete_entry", json!({"entry_id": first})).await;
        assert_eq!(session.refused("get_status", json!({"source": "boiler"})).await["code"], "not_found");

        let second = id_of(&session.call("report_status", status("boiler", &json!({"number": 2}))).await);
        let error = session.refused("restore_entry", json!({"entry_id": first})).await;

        assert_ne!(first, second);
        assert_eq!((&error["code"], &error["existing_id"]), (&json!("conflict"), &json!(second)));
        let trash = session.call("get_deleted", json!({})).await;
        assert_eq!(trash["entries"][0]["data"]["metrics"], json!({"number": 1}));
        stop(product).await;
    }
}
