//! Raising, repeating, resolving and listing alerts.

use serde_json::{Value, json};

use super::{alerts, reads};
use crate::mcp::{alert, entry, id_of, plant, stop};
use crate::support::{Database, Product, Session, both_databases};

/// What the live alerts that are found are called, in order.
async fn names(session: &Session, arguments: Value) -> Vec<String> {
    let found = alerts(session, arguments).await;
    let names = found.iter().map(|alert| &alert["data"]["alert_id"]);

    names
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

both_databases! {
    async fn an_alert_reported_again_is_brought_up_to_date(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut report = alert("boiler", "pressure", "warning", "Pressure 0.8 bar");
        report["tags"] = json!(["heating", "old"]);
        let first = session.call("report_alert", report).await;
        let id = id_of(&first);
        let before = entry(&session, &id).await;

        let mut report = alert("boiler", "pressure", "critical", "Pressure 0.2 bar");
        report["tags"] = json!(["heating"]);
        report["alert_type"] = json!("baseline");
        let second = session.call("report_alert", report).await;

        assert_eq!(first, json!({"status": "ok", "id": id, "action": "reported", "alert_id": "pressure"}));
        assert_eq!(second, first);
        let found = alerts(&session, json!({})).await;
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0]["id"], &found[0]["tags"]), (&json!(id), &json!(["heating"])));
        assert_eq!(
            found[0]["data"],
            json!({
                "alert_id": "pressure", "level": "critical", "alert_type": "baseline", "message": "Pressure 0.2 bar",
                "resolved": false,
            })
        );
        assert_eq!((&before["updated"], &before["created"]), (&Value::Null, &found[0]["created"]));
        assert!(found[0]["updated"].as_str() > found[0]["created"].as_str());
        stop(product).await;
    }

    async fn what_a_report_does_not_say_stays_until_it_is_sent_empty(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let with = |part: Value| {
            let mut report = alert("boiler", "pressure", "warning", "low");
            report.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
            report
        };
        let said = async || {
            let data = alerts(&session, json!({})).await[0]["data"].clone();
            ["details", "diagnostics", "metric"].map(|key| data.get(key).cloned())
        };

        session
            .call("report_alert", with(json!({"details": {"bar": 0.8}, "diagnostics": {"log": "x"}, "metric": "bar"})))
            .await;
        session.call("report_alert", with(json!({"details": null, "metric": ""}))).await;
        assert_eq!(said().await, [Some(json!({"bar": 0.8})), Some(json!({"log": "x"})), Some(json!("bar"))]);

        session.call("report_alert", with(json!({"details": {"bar": 0.7}}))).await;
        assert_eq!(said().await, [Some(json!({"bar": 0.7})), Some(json!({"log": "x"})), Some(json!("bar"))]);

        session.call("report_alert", with(json!({"diagnostics": {}}))).await;
        assert_eq!(said().await, [Some(json!({"bar": 0.7})), None, Some(json!("bar"))]);

        session.call("report_alert", with(json!({"alert_id": "new", "details": {}, "metric": ""}))).await;
        assert_eq!(said().await, [None, None, None], "nothing empty is stored");
        stop(product).await;
    }

    async fn an_alert_that_begins_again_says_since_when(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let report = async |resolved: bool| {
            let mut report = alert("boiler", "pressure", "warning", "low");
            report["resolved"] = json!(resolved);
            session.call("report_alert", report).await;
        };

        report(false).await;
        let first = alerts(&session, json!({})).await;
        assert_eq!(first[0]["data"].get("reopened"), None);
        report(true).await;
        report(false).await;
        let again = alerts(&session, json!({})).await;
        assert_eq!(again[0]["created"], first[0]["created"]);
        assert_eq!(again[0]["data"]["reopened"], again[0]["updated"]);
        report(false).await;
        let repeated = alerts(&session, json!({})).await;
        assert_eq!(repeated[0]["data"]["reopened"], again[0]["data"]["reopened"], "it went on");
        stop(product).await;
    }

    async fn clients_that_report_one_alert_at_once_make_one(database: Database) {
        let product = Product::start(&database).await;
        let mut tasks = Vec::new();
        for number in 0..4 {
            let session = product.session().await;
            tasks.push(tokio::spawn(async move {
                let report = alert("boiler", "pressure", "warning", &format!("report {number}"));
                session.call("report_alert", report).await
            }));
        }
        let mut ids = Vec::new();
        for task in tasks {
            ids.push(id_of(&task.await.unwrap()));
        }

        let session = product.session().await;
        let found = alerts(&session, json!({})).await;
        assert_eq!(found.len(), 1);
        assert!(ids.iter().all(|id| found[0]["id"] == **id), "{ids:?}");
        assert_eq!(database.connect().await.number("SELECT COUNT(*) FROM entries").await, 1);
        stop(product).await;
    }

    async fn the_same_alert_elsewhere_is_another_one(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);

        let here = ann.call("report_alert", alert("boiler", "a", "warning", "here")).await;
        let there = ann.call("report_alert", alert("router", "a", "warning", "there")).await;
        let foreign = bob.call("report_alert", alert("boiler", "a", "warning", "foreign")).await;

        assert!(here["id"] != there["id"] && here["id"] != foreign["id"]);
        assert_eq!(names(&ann, json!({})).await, ["a", "a"]);
        assert_eq!(alerts(&bob, json!({})).await[0]["data"]["message"], "foreign");
        stop(product).await;
    }

    async fn a_resolved_alert_goes_and_comes_back_as_the_same(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let resolved = |is_over: Value| {
            let mut report = alert("boiler", "pressure", "warning", "low");
            report["resolved"] = is_over;
            report
        };

        let raised = session.call("report_alert", alert("boiler", "pressure", "warning", "low")).await;
        let over = session.call("report_alert", resolved(json!("true"))).await;
        assert_eq!((&over["id"], &over["action"]), (&raised["id"], &json!("resolved")));
        assert!(alerts(&session, json!({})).await.is_empty());
        assert_eq!(entry(&session, &id_of(&raised)).await["data"]["resolved"], true);

        let again = session.call("report_alert", resolved(json!(false))).await;
        assert_eq!((&again["id"], &again["action"]), (&raised["id"], &json!("reported")));
        assert_eq!(names(&session, json!({})).await, ["pressure"]);

        let mut unseen = resolved(json!(true));
        unseen["alert_id"] = json!("unseen");
        assert_eq!(session.call("report_alert", unseen).await["action"], "resolved");
        assert_eq!(names(&session, json!({})).await, ["pressure"], "one that was never open is not listed");
        stop(product).await;
    }

    async fn a_level_is_checked_before_the_type_of_an_alert(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let refused = async |level: &str, alert_type: &str| {
            let mut report = alert("boiler", "a", level, "m");
            report["alert_type"] = json!(alert_type);
            session.refused("report_alert", report).await
        };

        let both = refused("Warning", "Threshold").await;
        assert_eq!((&both["code"], &both["param"]), (&json!("invalid_parameter"), &json!("level")));
        assert_eq!((&both["valid"], &both["suggestion"]), (&json!(["critical", "warning"]), &json!("warning")));
        let info = refused("info", "threshold").await;
        assert_eq!((&info["param"], info.get("suggestion")), (&json!("level"), None));
        let kind = refused("warning", "").await;
        assert_eq!((&kind["param"], &kind["value"]), (&json!("alert_type"), &json!("")));
        assert_eq!(kind["valid"], json!(["baseline", "structural", "threshold"]));
        assert_eq!(database.connect().await.number("SELECT COUNT(*) FROM entries").await, 0);
        stop(product).await;
    }

    async fn live_alerts_are_listed_whatever_silences_or_explains_them(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let expired = json!({"alert_id": "expired", "level": "critical", "message": "m", "resolved": false});
        plant(&database, "expired", "alert", "boiler", &expired).await;
        let info = json!({"alert_id": "info", "level": "info", "message": "m"});
        plant(&database, "info", "alert", "server", &info).await;
        let expire = "UPDATE entries SET expires = '2031-02-03T04:01:00+00:00' WHERE id = 'expired'";
        database.connect().await.run(expire).await;
        for name in ["low", "lower"] {
            session.call("report_alert", alert("boiler", name, "warning", name)).await;
        }
        session.call("report_alert", alert("router", "loss", "critical", "loss")).await;
        let mut over = alert("router", "over", "critical", "over");
        over["resolved"] = json!(true);
        session.call("report_alert", over).await;
        session.call("suppress_alert", json!({"level": "critical"})).await;
        session.call("learn_pattern", json!({"source": "", "description": "d", "tags": [], "effect": "low"})).await;

        assert_eq!(names(&session, json!({})).await, ["loss", "lower", "low", "info"]);
        assert_eq!(names(&session, json!({"source": ""})).await.len(), 4);
        assert_eq!(names(&session, json!({"source": "boiler"})).await, ["lower", "low"]);
        assert!(names(&session, json!({"source": "Boiler"})).await.is_empty());
        assert_eq!(reads(&product, &database, "get_alerts").await, 10);
        stop(product).await;
    }

    async fn alerts_are_found_by_when_they_were_last_touched(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for name in ["first", "second", "first"] {
            session.call("report_alert", alert("boiler", name, "warning", "m")).await;
        }
        let found = alerts(&session, json!({})).await;
        let touched = |alert: &Value| match &alert["updated"] {
            Value::Null => alert["created"].clone(),
            updated => updated.clone(),
        };

        assert_eq!(names(&session, json!({})).await, ["first", "second"], "the last touched comes first");
        assert_eq!(names(&session, json!({"since": touched(&found[0])})).await, ["first"]);
        assert_eq!(names(&session, json!({"since": touched(&found[1])})).await, ["first", "second"]);
        assert!(names(&session, json!({"since": "2031-02-04"})).await.is_empty());
        stop(product).await;
    }

    async fn the_list_of_alerts_shows_what_matters(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for name in ["a", "b", "c"] {
            session.call("report_alert", alert("boiler", name, "critical", "Pressure low")).await;
        }

        let page = session.call("get_alerts", json!({"mode": "list", "limit": 1, "offset": 1})).await;
        let listed = &page["entries"][0];

        assert_eq!((&page["limit"], &page["offset"], &page["has_more"]), (&json!(1), &json!(1), &json!(true)));
        assert_eq!((&listed["alert_id"], &listed["level"]), (&json!("b"), &json!("critical")));
        assert_eq!((&listed["description"], &listed["resolved"]), (&json!("Pressure low"), &json!(false)));
        assert!(listed.get("data").is_none());
        let last = session.call("get_alerts", json!({"limit": 1, "offset": 2})).await;
        assert_eq!((&last["has_more"], &last["entries"][0]["data"]["alert_id"]), (&json!(false), &json!("a")));
        stop(product).await;
    }

    async fn the_arguments_of_the_list_are_checked_in_order(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut arguments = json!({"limit": -1, "offset": -1, "since": "yesterday", "mode": "LIST"});

        for param in ["limit", "offset", "since", "mode"] {
            let value = arguments[param].clone();
            let error = session.refused("get_alerts", arguments.clone()).await;
            assert_eq!((&error["param"], &error["value"]), (&json!(param), &value));
            arguments.as_object_mut().unwrap().remove(param);
        }
        session.call("get_alerts", arguments).await;
        stop(product).await;
    }
}
