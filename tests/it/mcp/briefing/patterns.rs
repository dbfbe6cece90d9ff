//! Alerts that a pattern explains.

use serde_json::{Value, json};

use super::{advance_to, briefing, outcome, report, states};
use crate::mcp::{alert, id_of, plant, stop};
use crate::support::{Database, Product, Session, both_databases};

fn pattern(source: &str, effect: &str, conditions: &Value) -> Value {
    json!({"source": source, "description": "d", "tags": [], "effect": effect, "conditions": conditions})
}

/// Whether a pattern explains the one alert there is; the pattern is forgotten again.
async fn explains(session: &Session, pattern: Value) -> bool {
    let reply = session.call("learn_pattern", pattern).await;
    let [_, matched, surfaced] = outcome(&briefing(session).await);
    session
        .call("delete_entry", json!({"entry_id": id_of(&reply)}))
        .await;
    assert_eq!(matched + surfaced, 1);

    matched == 1
}

/// One alert a condition, each under a source of its own; says at each time which conditions hold.
async fn holding(
    session: &Session,
    product: &Product,
    conditions: &[Value],
    times: &[&str],
) -> Vec<String> {
    for (number, conditions) in conditions.iter().enumerate() {
        let source = number.to_string();
        session
            .call("report_alert", alert(&source, "a", "warning", "low"))
            .await;
        session
            .call("learn_pattern", pattern(&source, "low", conditions))
            .await;
    }

    let mut holding = Vec::new();
    for time in times {
        advance_to(product, time);
        let found = briefing(session).await;
        let sources = found["sources"].as_object().unwrap();
        let well = sources
            .iter()
            .filter(|(_, source)| source["status"] == "ok");
        let numbers: Vec<_> = well.map(|(number, _)| number.as_str()).collect();
        holding.push(numbers.join(" "));
    }

    holding
}

both_databases! {
    async fn an_expected_alert_needs_no_attention(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "boiler").await;
        session.call("report_alert", alert("boiler", "pressure", "warning", "Pressure low")).await;
        session.call("learn_pattern", pattern("boiler", "low pressure is usual", &json!({}))).await;

        let found = briefing(&session).await;

        assert_eq!((states(&found), outcome(&found)), ("boiler: ok".into(), [0, 1, 0]));
        assert_eq!(found["attention_needed"], false);
        stop(product).await;
    }

    async fn an_effect_and_an_alert_share_a_word(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut told = alert("boiler", "disk-full", "warning", "Usage high. Größe — at the limit");
        told["metric"] = json!("cpu_pct");
        told["tags"] = json!(["tagged"]);
        session.call("report_alert", told).await;

        for effect in [
            "suppress disk-full", "FULL", "usage", "high.", "größe—x", "cpu_pct", "ignore the limit", "x LIMIT y",
        ] {
            assert!(explains(&session, pattern("boiler", effect, &json!({}))).await, "{effect}");
        }
        for effect in [
            "", " ", "suppress ignore skip the a an on in for and or is at", "high", "cpu", "pct", "ful", "at", "-",
            "—", "tagged", "boiler", "warning", "threshold",
        ] {
            assert!(!explains(&session, pattern("boiler", effect, &json!({}))).await, "{effect}");
        }
        stop(product).await;
    }

    async fn a_pattern_is_for_its_source_or_for_all(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for source in ["boiler", "router"] {
            session.call("report_alert", alert(source, "a", "warning", "low")).await;
        }

        session.call("learn_pattern", pattern("router", "low", &json!({}))).await;
        session.call("learn_pattern", pattern("mill", "low", &json!({}))).await;
        let one = briefing(&session).await;
        session.call("learn_pattern", pattern("", "low", &json!({}))).await;
        let all = briefing(&session).await;

        assert_eq!((states(&one), outcome(&one)), ("boiler: warning, router: ok".into(), [0, 1, 1]));
        assert_eq!((states(&all), outcome(&all)), ("boiler: ok, router: ok".into(), [0, 2, 0]));
        stop(product).await;
    }

    async fn a_critical_alert_is_explained_only_by_a_pattern_that_says_so(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("report_alert", alert("boiler", "a", "critical", "low")).await;

        for (conditions, expected) in [
            (json!({}), false),
            (json!({"max_level": "warning"}), false),
            (json!({"max_level": "critical"}), true),
            (json!({"max_level": "critical", "day_of_week": "friday"}), false),
        ] {
            assert_eq!(explains(&session, pattern("boiler", "low", &conditions)).await, expected, "{conditions}");
        }
        for bad in [json!("info"), json!("Critical"), json!(2)] {
            let error = session.refused("learn_pattern", pattern("boiler", "low", &json!({"max_level": bad}))).await;
            assert_eq!(error["param"], "conditions");
        }
        stop(product).await;
    }

    async fn a_day_holds_by_its_name(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let conditions = [
            json!({"day_of_week": "friday"}), json!({"day_of_week": "FriDay"}),
            json!({"day_of_week": ["monday", "Friday"]}), json!({"day_of_week": "monday"}), json!({}),
        ];

        let held = holding(&session, &product, &conditions, &[
            "2031-02-06T23:59:59", "2031-02-07T00:00:00", "2031-02-07T23:59:59", "2031-02-08T00:00:00",
            "2031-02-10T12:00:00",
        ]).await;

        assert_eq!(held, ["4", "0 1 2 4", "0 1 2 4", "4", "2 3 4"]);
        stop(product).await;
    }

    async fn hours_run_up_to_the_last_and_over_midnight(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let conditions = [[9, 17], [22, 6], [5, 5]].map(|range| json!({"hour_range": range}));

        let held = holding(&session, &product, &conditions, &[
            "2031-02-04T00:00:00", "2031-02-04T05:59:59", "2031-02-04T06:00:00", "2031-02-04T08:59:59",
            "2031-02-04T09:00:00", "2031-02-04T12:00:00", "2031-02-04T16:59:59", "2031-02-04T17:00:00",
            "2031-02-04T20:00:00", "2031-02-04T21:59:59", "2031-02-04T23:00:00",
        ]).await;

        assert_eq!(held, ["1", "1", "", "", "0", "0", "0", "", "", "", "1"]);
        stop(product).await;
    }

    async fn all_conditions_hold_together_in_the_zone_that_is_named(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let conditions = [
            json!({"day_of_week": "friday", "hour_range": [9, 17]}),
            json!({"day_of_week": "friday", "hour_range": [9, 17], "timezone": "America/New_York"}),
            json!({"day_of_week": "saturday", "timezone": "Asia/Tokyo"}),
            json!({"hour_range": [0, 24], "timezone": "UTC", "max_level": "warning"}),
        ];

        let held = holding(&session, &product, &conditions, &[
            "2031-02-06T12:00:00", "2031-02-07T08:00:00", "2031-02-07T12:00:00", "2031-02-07T14:00:00",
            "2031-02-07T17:00:00", "2031-02-07T22:00:00",
        ]).await;

        assert_eq!(held, ["3", "3", "0 3", "0 1 3", "1 2 3", "2 3"]);
        stop(product).await;
    }

    async fn a_condition_that_nobody_knows_never_holds(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("report_alert", alert("boiler", "a", "warning", "low")).await;

        for conditions in [
            json!({"moon": "full"}),
            json!({"day_of_week": "monday", "until": "2032"}),
            json!({"Hour_range": [0, 24]}),
        ] {
            assert!(!explains(&session, pattern("boiler", "low", &conditions)).await, "{conditions}");
        }
        plant(&database, "p", "pattern", "boiler", &json!({"effect": "low", "conditions": {"moon": null}})).await;
        let found = briefing(&session).await;
        assert_eq!(outcome(&found), [0, 0, 1]);
        assert!(found["evaluation"].get("skipped").is_none(), "it is not malformed");
        stop(product).await;
    }

    async fn what_is_suppressed_is_not_explained_too(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("report_alert", alert("boiler", "a", "warning", "low")).await;
        session.call("learn_pattern", pattern("", "low", &json!({}))).await;
        session.call("suppress_alert", json!({})).await;

        assert_eq!(outcome(&briefing(&session).await), [1, 0, 0]);
        stop(product).await;
    }
}
