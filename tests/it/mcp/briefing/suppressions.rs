//! Alerts that nobody wants to hear of.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{briefing, outcome, report, states};
use crate::mcp::{alert, id_of, plant, stop};
use crate::support::{Database, Product, Session, both_databases};

/// Whether a suppression silences the one alert there is; the suppression is lifted again.
async fn silences(session: &Session, suppression: Value) -> bool {
    let reply = session.call("suppress_alert", suppression).await;
    let [suppressed, _, surfaced] = outcome(&briefing(session).await);
    session
        .call("delete_entry", json!({"entry_id": id_of(&reply)}))
        .await;
    assert_eq!(suppressed + surfaced, 1);

    suppressed == 1
}

both_databases! {
    async fn a_suppressed_alert_needs_no_attention(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "boiler").await;
        session.call("report_alert", alert("boiler", "pressure", "warning", "Pressure low")).await;
        session.call("suppress_alert", json!({"source": "boiler"})).await;

        let found = briefing(&session).await;

        assert_eq!((states(&found), outcome(&found)), ("boiler: ok".into(), [1, 0, 0]));
        assert_eq!(found["attention_needed"], false);
        assert!(found["sources"]["boiler"].get("headline").is_none());
        assert_eq!(found["summary"], "All clear across 1 source.");
        stop(product).await;
    }

    async fn a_suppression_is_for_its_source_and_metric_or_for_any(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut measured = alert("boiler", "pressure", "warning", "Pressure low");
        measured["metric"] = json!("bar");
        session.call("report_alert", measured).await;

        for (suppression, expected) in [
            (json!({}), true),
            (json!({"source": "boiler"}), true),
            (json!({"source": "router"}), false),
            (json!({"source": "Boiler"}), false),
            (json!({"metric": "bar"}), true),
            (json!({"metric": ""}), true),
            (json!({"metric": "pressure"}), false),
            (json!({"metric": "ba"}), false),
            (json!({"source": "boiler", "metric": "bar"}), true),
            (json!({"source": "router", "metric": "bar"}), false),
            (json!({"metric": "bar", "tags": ["pressure"]}), true),
            (json!({"metric": "bar", "tags": ["leak"]}), false),
            (json!({"metric": "volt", "tags": ["pressure"]}), false),
        ] {
            assert_eq!(silences(&session, suppression.clone()).await, expected, "{suppression}");
        }
        stop(product).await;
    }

    async fn an_alert_without_a_metric_is_only_found_without_one(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let data = json!({"alert_id": "a", "level": "warning", "message": "Pressure low", "metric": null});
        plant(&database, "a", "alert", "boiler", &data).await;

        assert!(silences(&session, json!({})).await);
        assert!(silences(&session, json!({"tags": ["pressure"]})).await);
        assert!(!silences(&session, json!({"tags": ["null"]})).await);
        assert!(!silences(&session, json!({"metric": "bar"})).await);
        stop(product).await;
    }

    async fn a_tag_finds_alerts_by_tag_or_by_whole_words(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut tagged = alert("boiler", "disk-full", "warning", "The Pump in room 7 is hot; größe ÄNDERN");
        tagged["tags"] = json!(["Heating", "west wing", "a+b", " "]);
        tagged["metric"] = json!("cpu_pct");
        session.call("report_alert", tagged).await;

        for tag in [
            "Heating", "west wing", "a+b", "disk-full", "DISK", "full", "disk full", "pump", "the pump", "room 7",
            "hot", "Größe", "ändern", "cpu_pct", "PCT",
        ] {
            assert!(silences(&session, json!({"tags": [tag]})).await, "{tag}");
            assert!(silences(&session, json!({"tags": ["other", tag]})).await, "{tag}");
        }
        for tag in [
            "heating", "west", "wing", "pum", "ump", "p", "a", "is in", "room 70", "full pump", "7 the", "leak",
            "boiler", "threshold",
        ] {
            assert!(!silences(&session, json!({"tags": [tag]})).await, "{tag}");
        }
        stop(product).await;
    }

    async fn a_blank_tag_finds_nothing(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut blank = alert("boiler", "pressure", "warning", "Pressure - low");
        blank["tags"] = json!(["", " ", "-"]);
        session.call("report_alert", blank).await;

        for tags in [json!([""]), json!([" "]), json!(["", "\t\n"]), json!(["leak", ""]), json!(["!"])] {
            assert!(!silences(&session, json!({"tags": tags})).await, "{tags}");
        }
        assert!(silences(&session, json!({"tags": []})).await);
        assert!(silences(&session, json!({"tags": ["", "low"]})).await);
        stop(product).await;
    }

    async fn a_more_serious_alert_breaks_through_unless_it_may_not(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let table = [
            ("warning", "warning", true, true),
            ("warning", "warning", false, true),
            ("warning", "critical", true, true),
            ("critical", "warning", true, false),
            ("critical", "warning", false, true),
            ("critical", "critical", true, true),
            ("critical", "critical", false, true),
            ("info", "warning", true, true),
            ("info", "critical", false, true),
            ("odd", "warning", true, true),
            ("odd", "critical", true, true),
        ];
        for (number, (level, suppress_level, escalates, _)) in table.iter().enumerate() {
            let source = format!("source {number:02}");
            let told = json!({"alert_id": "a", "level": level, "message": "m"});
            plant(&database, &format!("a{number}"), "alert", &source, &told).await;
            let suppression = json!({"source": source, "level": suppress_level, "escalation_override": escalates});
            session.call("suppress_alert", suppression).await;
        }

        let found = briefing(&session).await;

        for (number, case) in table.iter().enumerate() {
            let state = &found["sources"][format!("source {number:02}")]["status"];
            assert_eq!(state == "ok", case.3, "{case:?}: {state}");
        }
        stop(product).await;
    }

    async fn one_suppression_that_silences_is_enough_in_any_order(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for source in ["boiler", "router"] {
            session.call("report_alert", alert(source, "a", "critical", "m")).await;
        }
        for (source, level) in [
            ("boiler", "critical"), ("boiler", "warning"), ("router", "warning"), ("", "warning"),
            ("router", "critical"),
        ] {
            session.call("suppress_alert", json!({"source": source, "level": level})).await;
        }

        let found = briefing(&session).await;

        assert_eq!((states(&found), outcome(&found)), ("boiler: ok, router: ok".into(), [2, 0, 0]));
        stop(product).await;
    }

    async fn a_suppression_ends_when_it_says(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("report_alert", alert("boiler", "a", "warning", "m")).await;
        session.call("suppress_alert", json!({"duration_minutes": 5})).await;

        product.clock.advance(TimeDelta::seconds(299));
        let before = briefing(&session).await;
        product.clock.advance(TimeDelta::seconds(1));
        let after = briefing(&session).await;

        assert_eq!((outcome(&before), &before["active_suppressions"]), ([1, 0, 0], &json!(1)));
        assert_eq!((outcome(&after), &after["active_suppressions"]), ([0, 0, 1], &json!(0)));
        stop(product).await;
    }

    async fn all_suppressions_in_force_are_counted(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("report_alert", alert("boiler", "a", "warning", "m")).await;
        for suppression in [
            json!({"source": "boiler", "tags": ["other"]}), json!({"source": "no such source"}), json!({"metric": "x"}),
        ] {
            session.call("suppress_alert", suppression).await;
        }

        let found = briefing(&session).await;

        assert_eq!((outcome(&found), &found["active_suppressions"]), ([0, 0, 1], &json!(3)));
        stop(product).await;
    }
}
