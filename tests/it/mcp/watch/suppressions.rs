//! Silence for alerts.

use chrono::TimeDelta;
use serde_json::json;

use super::reads;
use crate::mcp::{id_of, stop};
use crate::support::{Database, Product, both_databases};

both_databases! {
    async fn a_suppression_without_arguments_is_for_everything_and_an_hour(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let reply = session.call("suppress_alert", json!({})).await;
        let stored = session.call("get_suppressions", json!({})).await[0].clone();

        assert_eq!(reply, json!({"status": "ok", "id": stored["id"], "expires": stored["expires"]}));
        assert_eq!(stored["created"], "2031-02-03T04:05:06.001000+00:00");
        assert_eq!(stored["expires"], "2031-02-03T05:05:06.001000+00:00");
        assert_eq!((&stored["source"], &stored["tags"]), (&json!(""), &json!([])));
        assert_eq!(
            stored["data"],
            json!({"metric": null, "suppress_level": "warning", "escalation_override": true, "reason": ""})
        );
        stop(product).await;
    }

    async fn what_a_suppression_says_is_stored_each_time_anew(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let asked = json!({
            "source": "boiler", "tags": ["pressure", "low"], "metric": "bar", "level": "critical",
            "duration_minutes": 2, "escalation_override": false, "reason": "it is being repaired",
        });

        let first = session.call("suppress_alert", asked.clone()).await;
        let second = session.call("suppress_alert", asked).await;
        let stored = session.call("get_suppressions", json!({})).await;

        assert_ne!(first["id"], second["id"]);
        assert_eq!([&stored[0]["id"], &stored[1]["id"]], [&second["id"], &first["id"]], "the last one comes first");
        assert_eq!((&stored[0]["source"], &stored[0]["tags"]), (&json!("boiler"), &json!(["pressure", "low"])));
        assert_eq!(
            stored[0]["data"],
            json!({
                "metric": "bar", "suppress_level": "critical", "escalation_override": false,
                "reason": "it is being repaired",
            })
        );
        stop(product).await;
    }

    async fn levels_and_minutes_out_of_range_are_refused(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let both = session.refused("suppress_alert", json!({"level": "info", "duration_minutes": 0})).await;
        assert_eq!((&both["code"], &both["param"]), (&json!("invalid_parameter"), &json!("level")));
        assert_eq!((&both["value"], &both["valid"]), (&json!("info"), &json!(["critical", "warning"])));
        for minutes in [0, -5, 52_560_001, i64::MAX, i64::MIN] {
            let error = session.refused("suppress_alert", json!({"duration_minutes": minutes})).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("duration_minutes")));
            assert_eq!(error["value"], json!(minutes));
        }
        assert_eq!(session.call("get_suppressions", json!({})).await, json!([]));
        for minutes in [1, 52_560_000] {
            session.call("suppress_alert", json!({"duration_minutes": minutes})).await;
        }
        stop(product).await;
    }

    async fn suppressions_are_listed_while_they_are_in_force(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let short = ann.call("suppress_alert", json!({"source": "boiler", "duration_minutes": 1})).await;
        let long = ann.call("suppress_alert", json!({"source": "no such source", "duration_minutes": 2})).await;
        let lifted = ann.call("suppress_alert", json!({})).await;
        ann.call("delete_entry", json!({"entry_id": lifted["id"]})).await;
        let in_force = async || {
            let found = ann.call("get_suppressions", json!({})).await;
            found.as_array().unwrap().iter().map(id_of).collect::<Vec<_>>()
        };

        assert_eq!(in_force().await, [id_of(&long), id_of(&short)]);
        product.clock.advance(TimeDelta::minutes(1));
        assert_eq!(in_force().await, [id_of(&long)]);
        product.clock.advance(TimeDelta::minutes(1));
        assert!(in_force().await.is_empty());

        assert_eq!(bob.call("get_suppressions", json!({})).await, json!([]));
        assert_eq!(reads(&product, &database, "get_suppressions").await, 3);
        stop(product).await;
    }
}
