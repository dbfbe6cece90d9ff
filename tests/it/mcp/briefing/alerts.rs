//! Alerts in the briefing.

use serde_json::json;

use super::{briefing, outcome, report, states};
use crate::mcp::{alert, plant, remember, stop};
use crate::support::{Database, Product, both_databases};

both_databases! {
    async fn a_warning_is_passed_on(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "my box").await;
        report(&session, "router").await;
        session.call("report_alert", alert("my box", "disk", "warning", "Disk at 91 %")).await;

        let found = briefing(&session).await;

        let last_report = session.call("get_status", json!({"source": "my box"})).await["created"].clone();
        assert_eq!(
            found["sources"]["my box"],
            json!({
                "status": "warning", "last_report": last_report, "headline": "Disk at 91 %",
                "drill_down": "awareness://alerts/my%20box",
            })
        );
        assert_eq!((found["sources"]["router"]["status"].as_str(), outcome(&found)), (Some("ok"), [0, 0, 1]));
        assert_eq!(found["summary"], "1 warning on my box.");
        assert_eq!(found["suggested_mention"], "FYI: Disk at 91 %.");
        stop(product).await;
    }

    async fn the_most_serious_alert_speaks_for_its_source(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "boiler").await;
        session.call("report_alert", alert("boiler", "pressure", "critical", "Pressure 0.2 bar")).await;
        session.call("report_alert", alert("boiler", "filter", "warning", "Filter is old")).await;

        let found = briefing(&session).await;

        assert_eq!((states(&found), outcome(&found)), ("boiler: critical".into(), [0, 0, 2]));
        assert_eq!(found["sources"]["boiler"]["headline"], "Pressure 0.2 bar");
        assert_eq!(found["summary"], "1 critical on boiler.");
        assert_eq!(found["suggested_mention"], "CRITICAL: Pressure 0.2 bar.");
        stop(product).await;
    }

    async fn of_equally_serious_alerts_the_last_touched_speaks(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for name in ["first", "second"] {
            session.call("report_alert", alert("boiler", name, "critical", name)).await;
        }

        assert_eq!(briefing(&session).await["sources"]["boiler"]["headline"], "second");
        session.call("report_alert", alert("boiler", "first", "critical", "first again")).await;
        assert_eq!(briefing(&session).await["sources"]["boiler"]["headline"], "first again");
        stop(product).await;
    }

    async fn alerts_that_are_over_do_not_count(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "boiler").await;
        let mut over = alert("boiler", "over", "critical", "over");
        over["resolved"] = json!(true);
        session.call("report_alert", over).await;
        plant(&database, "e", "alert", "boiler", &json!({"alert_id": "e", "level": "critical", "message": "e"})).await;
        let expire = "UPDATE entries SET expires = '2031-02-03T04:05:06+00:00' WHERE id = 'e'";
        database.connect().await.run(expire).await;

        let found = briefing(&session).await;

        assert_eq!((states(&found), outcome(&found)), ("boiler: ok".into(), [0, 0, 0]));
        stop(product).await;
    }

    async fn a_source_that_never_reported_is_seen_by_its_alerts(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("report_alert", alert("router", "loss", "critical", "Uplink lost")).await;

        let found = briefing(&session).await;
        session.call("suppress_alert", json!({"source": "router", "level": "critical"})).await;
        let silenced = briefing(&session).await;

        assert_eq!(
            found["sources"],
            json!({
                "router": {
                    "status": "critical", "last_report": null, "headline": "Uplink lost",
                    "drill_down": "awareness://alerts/router",
                },
            })
        );
        assert_eq!(found["summary"], "1 critical on router.");
        assert_eq!(silenced["sources"], json!({"router": {"status": "ok", "last_report": null}}));
        stop(product).await;
    }

    async fn what_the_server_itself_raises_is_passed_on(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let japanese = "これは日本語で書かれた覚え書きです。明日の会議は十時からです。";
        remember(&session, japanese, &[]).await;

        let found = briefing(&session).await;

        assert_eq!((states(&found), outcome(&found)), ("awareness: warning".into(), [0, 0, 1]), "an info, too");
        assert!(found["suggested_mention"].as_str().unwrap().starts_with("FYI: "));
        stop(product).await;
    }

    async fn an_alert_that_says_little_counts_too(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (id, source, data) in [
            ("a", "bare", json!({})),
            ("b", "both", json!({"alert_id": "no level", "message": "no level"})),
            ("c", "both", json!({"alert_id": "info", "level": "info", "message": "info"})),
            ("d", "both", json!({"alert_id": "odd", "level": "odd", "message": "odd"})),
            ("e", "odd", json!({"alert_id": "odd", "level": "odd", "message": "odd", "resolved": "true"})),
        ] {
            plant(&database, id, "alert", source, &data).await;
        }

        let found = briefing(&session).await;

        assert_eq!((states(&found), outcome(&found)), ("bare: warning, both: warning, odd: warning".into(), [0, 0, 5]));
        assert_eq!(found["sources"]["bare"]["headline"], "");
        assert_eq!(found["sources"]["both"]["headline"], "no level", "which counts as a warning");
        assert_eq!(found["suggested_mention"], "FYI: no level. FYI: odd.");
        stop(product).await;
    }
}
