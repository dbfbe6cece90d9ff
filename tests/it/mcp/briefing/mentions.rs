//! What the briefing suggests to say.

use chrono::TimeDelta;
use serde_json::json;

use super::{briefing, report};
use crate::mcp::{alert, stop};
use crate::support::{Database, Product, both_databases};

both_databases! {
    async fn every_part_of_a_mention_ends_like_a_sentence(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        report(&session, "d").await;
        product.clock.advance(TimeDelta::minutes(5));
        for (source, level, message) in [
            ("a", "critical", "Help!"), ("b", "warning", "Is it on?"), ("c", "warning", "It is on."),
            ("e", "warning", "Filter…"), ("f", "warning", "Disk at 91 %"),
        ] {
            session.call("report_alert", alert(source, "a", level, message)).await;
        }
        for goal in ["Order filters", "", "Call the plumber."] {
            let due = json!({"goal": goal, "source": "home", "tags": [], "deliver_at": "2031-01-01"});
            session.call("remind", due).await;
        }

        let found = briefing(&session).await;

        assert_eq!(
            found["suggested_mention"],
            "CRITICAL: Help! FYI: Is it on? FYI: It is on. STALE: d has not reported for 300 s. FYI: Filter… \
             FYI: Disk at 91 %. INTENTION: Order filters. INTENTION: Call the plumber."
        );
        assert_eq!(found["summary"], "1 critical on a. 4 warning on b, c, e, f. d stale. 3 intentions ready.");
        stop(product).await;
    }

    async fn a_mention_has_ten_parts_at_most_and_says_how_many_are_left(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..10 {
            let source = format!("s{number}");
            session.call("report_alert", alert(&source, "a", "warning", &source)).await;
        }
        let ten = briefing(&session).await;
        session.call("report_alert", alert("z", "a", "critical", "z")).await;
        let due = json!({"goal": "Order filters", "source": "home", "tags": [], "deliver_at": "2031-01-01"});
        session.call("remind", due).await;

        let twelve = briefing(&session).await;

        let warnings = |count: usize| (0..count).map(|number| format!("FYI: s{number}.")).collect::<Vec<_>>().join(" ");
        assert_eq!(ten["suggested_mention"], warnings(10));
        assert_eq!(
            twelve["suggested_mention"],
            format!("{} CRITICAL: z. INTENTION: Order filters. And 2 more.", warnings(8)),
            "what matters less is left out"
        );
        assert_eq!(twelve["active_alerts"], 11);
        stop(product).await;
    }
}
