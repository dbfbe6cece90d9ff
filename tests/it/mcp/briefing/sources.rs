//! Which sources are reported, and how each is.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{briefing, outcome, report, states};
use crate::mcp::{alert, id_of, plant, stop};
use crate::support::{Database, Product, both_databases};

both_databases! {
    async fn where_nothing_is_watched_all_is_clear(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let found = briefing(&session).await;

        assert_eq!(
            found,
            json!({
                "generated": "2031-02-03T04:05:06.001000+00:00", "staleness_sec": 0, "sources": {}, "active_alerts": 0,
                "active_suppressions": 0, "upcoming": [], "attention_needed": false, "pending_intentions": 0,
                "evaluation": {
                    "alerts_checked": 0, "suppressed": 0, "pattern_matched": 0, "stale_sources": 0, "surfaced": 0,
                    "intentions_pending": 0, "intentions_fired": 0,
                },
                "summary": "All clear across 0 sources.",
            })
        );
        stop(product).await;
    }

    async fn sources_that_reported_lately_are_well(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        report(&session, "boiler").await;
        let one = briefing(&session).await;
        report(&session, "router").await;
        report(&session, "boiler").await;
        let two = briefing(&session).await;
        let boiler = session.call("get_status", json!({"source": "boiler"})).await;
        let router = session.call("get_status", json!({"source": "router"})).await;

        assert_eq!(one["summary"], "All clear across 1 source.");
        assert_eq!(one["sources"], json!({"boiler": {"status": "ok", "last_report": boiler["created"]}}));
        assert_eq!(two["summary"], "All clear across 2 sources.");
        assert_eq!(
            two["sources"],
            json!({
                "boiler": {"status": "ok", "last_report": boiler["updated"]},
                "router": {"status": "ok", "last_report": router["created"]},
            })
        );
        stop(product).await;
    }

    async fn a_source_that_was_silent_for_too_long_is_stale(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "my box/2").await;
        report(&session, "router").await;
        let reported = session.call("get_status", json!({"source": "my box/2"})).await["created"].clone();
        product.clock.advance(TimeDelta::seconds(200));
        report(&session, "router").await;

        let found = briefing(&session).await;
        report(&session, "my box/2").await;
        let again = briefing(&session).await;

        assert_eq!(
            found["sources"]["my box/2"],
            json!({
                "status": "stale", "stale": true, "last_report": reported,
                "headline": "my box/2 has not reported for 200 s", "drill_down": "awareness://status/my%20box%2F2",
            })
        );
        assert_eq!(states(&found), "my box/2: stale, router: ok");
        assert_eq!(found["evaluation"]["stale_sources"], 1);
        assert_eq!(found["summary"], "my box/2 stale.");
        assert_eq!(found["suggested_mention"], "STALE: my box/2 has not reported for 200 s.");
        assert_eq!(again["summary"], "All clear across 2 sources.");
        stop(product).await;
    }

    async fn a_status_as_old_as_it_may_be_is_not_stale_yet(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        plant(&database, "s", "status", "boiler", &json!({"metrics": {}, "ttl_sec": 60})).await;
        // The clock reads a millisecond more each time.
        let created = "UPDATE entries SET created = '2031-02-03T04:04:06.001000+00:00'";
        database.connect().await.run(created).await;

        let at_once = briefing(&session).await;
        let later = briefing(&session).await;

        assert_eq!(at_once["generated"], "2031-02-03T04:05:06.001000+00:00");
        assert_eq!(states(&at_once), "boiler: ok");
        assert_eq!(later["generated"], "2031-02-03T04:05:06.002000+00:00");
        assert_eq!(states(&later), "boiler: stale");
        assert_eq!(later["sources"]["boiler"]["headline"], "boiler has not reported for 60 s");
        stop(product).await;
    }

    async fn a_status_without_an_end_is_never_stale(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        plant(&database, "absent", "status", "absent", &json!({"metrics": {}})).await;
        plant(&database, "null", "status", "null", &json!({"metrics": {}, "ttl_sec": null})).await;
        let endless = json!({"source": "endless", "tags": [], "metrics": {}, "ttl_sec": i64::MAX});
        session.call("report_status", endless).await;
        product.clock.advance(TimeDelta::days(365 * 900));

        let found = briefing(&session).await;

        assert_eq!(states(&found), "absent: ok, endless: ok, null: ok");
        stop(product).await;
    }

    async fn a_live_alert_outranks_silence(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "boiler").await;
        session.call("report_alert", alert("boiler", "pressure", "critical", "Pressure 0.2 bar")).await;
        product.clock.advance(TimeDelta::minutes(5));

        let loud = briefing(&session).await;
        session.call("suppress_alert", json!({"level": "critical"})).await;
        let silenced = briefing(&session).await;

        let boiler = &loud["sources"]["boiler"];
        assert_eq!((&boiler["status"], &boiler["stale"]), (&json!("critical"), &json!(true)));
        assert_eq!(boiler["headline"], "Pressure 0.2 bar");
        assert_eq!(boiler["drill_down"], "awareness://alerts/boiler");
        assert_eq!((outcome(&loud), &loud["evaluation"]["stale_sources"]), ([0, 0, 1], &json!(1)));
        assert_eq!(loud["summary"], "1 critical on boiler. boiler stale.");
        assert_eq!(loud["suggested_mention"], "CRITICAL: Pressure 0.2 bar.");
        assert_eq!((states(&silenced), outcome(&silenced)), ("boiler: stale".into(), [1, 0, 0]));
        stop(product).await;
    }

    async fn sources_come_in_the_order_of_their_names(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for source in ["zoo", "barn", "Attic", "mill"] {
            report(&session, source).await;
        }
        product.clock.advance(TimeDelta::minutes(5));
        for (source, level) in [("zoo", "warning"), ("mill", "critical"), ("barn", "warning"), ("yard", "critical")] {
            session.call("report_alert", alert(source, "a", level, source)).await;
        }

        let found = briefing(&session).await;

        assert_eq!(states(&found), "Attic: stale, barn: warning, mill: critical, yard: critical, zoo: warning");
        assert_eq!(found["summary"], "2 critical on mill, yard. 2 warning on barn, zoo. Attic, barn, mill, zoo stale.");
        assert_eq!(
            found["suggested_mention"],
            "STALE: Attic has not reported for 300 s. FYI: barn. CRITICAL: mill. CRITICAL: yard. FYI: zoo."
        );
        stop(product).await;
    }

    async fn owners_are_briefed_apart(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        report(&ann, "boiler").await;
        report(&bob, "boiler").await;
        report(&bob, "router").await;
        for session in [&ann, &bob] {
            session.call("report_alert", alert("boiler", "low", "warning", "low")).await;
        }
        bob.call("suppress_alert", json!({"source": "boiler", "tags": ["other"]})).await;
        bob.call("learn_pattern", json!({"source": "", "description": "d", "tags": [], "effect": "low"})).await;
        let due = json!({"goal": "call", "source": "home", "tags": [], "deliver_at": "2031-01-01"});
        let intention = id_of(&bob.call("remind", due).await);

        let anns = briefing(&ann).await;
        let bobs = briefing(&bob).await;

        assert_eq!((states(&anns), outcome(&anns)), ("boiler: warning".into(), [0, 0, 1]));
        assert_eq!((&anns["active_suppressions"], &anns["pending_intentions"]), (&json!(0), &json!(0)));
        assert_eq!((states(&bobs), outcome(&bobs)), ("boiler: ok, router: ok".into(), [0, 1, 0]));
        assert_eq!((&bobs["active_suppressions"], &bobs["fired_intentions"][0]["id"]), (&json!(1), &json!(intention)));
        stop(product).await;
    }

    async fn what_is_in_the_trash_is_not_watched(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "boiler").await;
        let empty = briefing(&session).await;
        report(&session, "router").await;
        session.call("report_alert", alert("mill", "low", "warning", "low")).await;
        session.call("suppress_alert", json!({})).await;
        session.call("learn_pattern", json!({"source": "", "description": "d", "tags": [], "effect": "low"})).await;
        let due = json!({"goal": "call", "source": "home", "tags": [], "deliver_at": "2031-01-01"});
        session.call("remind", due).await;
        let trash = "UPDATE entries SET deleted = '2031-02-03T04:05:06+00:00' WHERE source <> 'boiler'";
        database.connect().await.run(trash).await;

        let mut found = briefing(&session).await;

        found["generated"] = empty["generated"].clone();
        assert_eq!(found, empty);
        stop(product).await;
    }

    async fn a_briefing_leaves_no_trace_in_the_logs(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "boiler").await;
        session.call("report_alert", alert("boiler", "low", "warning", "low")).await;
        session.call("suppress_alert", json!({"tags": ["other"]})).await;
        let due = json!({"goal": "call", "source": "home", "tags": [], "deliver_at": "2031-01-01"});
        session.call("remind", due).await;

        briefing(&session).await;
        product.service.flush_reads().await;

        let raw = database.connect().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM reads").await, 0);
        assert_eq!(raw.number("SELECT COUNT(*) FROM actions").await, 0);
        assert_eq!(session.call("get_unread", json!({})).await["entries"].as_array().unwrap().len(), 4);
        stop(product).await;
    }

    async fn two_hundred_sources_are_briefed_as_one(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut rows = Vec::new();
        for number in 0..200 {
            let mut row = |id: String, kind: &str, source: &str, data: Value| {
                rows.push(format!("('{id}', '{kind}', '{source}', '2031-02-03T04:05:00+00:00', '{data}')"));
            };
            let source = format!("source {number:03}");
            let ttl = if number % 4 == 0 { 5 } else { 600 };
            row(format!("s{number}"), "status", &source, json!({"ttl_sec": ttl}));
            let level = if number % 10 == 1 { "critical" } else { "warning" };
            let told = json!({"alert_id": "a", "level": level, "message": format!("of {number}")});
            if number % 2 == 1 {
                row(format!("a{number}"), "alert", &source, told);
            }
            if number % 5 == 3 {
                row(format!("q{number}"), "suppression", &source, json!({}));
            }
            row(format!("i{number}"), "intention", &source, json!({"goal": "g", "state": "pending"}));
        }
        let insert = format!("INSERT INTO entries (id, type, source, created, data) VALUES {}", rows.join(", "));
        database.connect().await.run(&insert).await;

        let found = briefing(&session).await;

        let sources = found["sources"].as_object().unwrap();
        let in_state = |state: &str| sources.values().filter(|source| source["status"] == state).count();
        assert_eq!(sources.len(), 200);
        assert_eq!(["critical", "warning", "stale", "ok"].map(in_state), [20, 60, 50, 70]);
        assert_eq!(outcome(&found), [20, 0, 80]);
        assert_eq!((&found["active_suppressions"], &found["pending_intentions"]), (&json!(40), &json!(200)));
        assert_eq!(sources["source 191"]["headline"], "of 191");
        stop(product).await;
    }
}
