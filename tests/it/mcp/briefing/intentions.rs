//! Intentions whose time has come.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::briefing;
use crate::mcp::{entry, id_of, plant, stop};
use crate::support::{Database, Product, Session, both_databases};

/// An intention that has been due for a month.
fn due(goal: &str) -> Value {
    json!({"goal": goal, "source": "home", "tags": ["shopping", "a"], "deliver_at": "2031-01-01T00:00:00Z"})
}

/// The goals that a briefing delivers, in order.
async fn delivered(session: &Session) -> Vec<String> {
    let found = briefing(session).await;
    let fired = found.get("fired_intentions").and_then(Value::as_array);

    fired
        .into_iter()
        .flatten()
        .map(|intention| intention["goal"].as_str().unwrap().to_owned())
        .collect()
}

both_databases! {
    async fn what_is_due_is_delivered_once(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = id_of(&session.call("remind", due("Order filters")).await);

        let first = briefing(&session).await;
        let second = briefing(&session).await;

        assert_eq!(
            first["fired_intentions"],
            json!([{
                "id": id, "goal": "Order filters", "source": "home", "tags": ["shopping", "a"], "urgency": "normal",
                "deliver_at": "2031-01-01T00:00:00+00:00",
            }])
        );
        assert_eq!((&first["attention_needed"], &first["pending_intentions"]), (&json!(true), &json!(0)));
        assert_eq!(first["summary"], "1 intention ready.");
        assert_eq!(first["suggested_mention"], "INTENTION: Order filters.");
        assert!(second.get("fired_intentions").is_none());
        assert_eq!((&second["evaluation"]["intentions_fired"], &second["pending_intentions"]), (&json!(0), &json!(0)));
        assert_eq!(second["summary"], "All clear across 0 sources.");
        stop(product).await;
    }

    async fn a_delivery_is_in_the_history_with_who_got_it(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = id_of(&session.call("remind", due("Order filters")).await);
        let again = json!({"entry_id": id, "state": "pending", "reason": "not yet"});
        session.call("update_intention", again).await;

        let found = briefing(&session).await;

        let stored = entry(&session, &id).await;
        assert_eq!(stored["data"]["state"], "fired");
        assert_eq!(stored["data"]["state_reason"], "delivered to rmcp by a briefing");
        assert_eq!(stored["updated"], found["generated"]);
        let history = stored["data"]["changelog"].as_array().unwrap();
        assert_eq!(history.len(), 2);
        assert_eq!(
            history[1],
            json!({"updated": stored["updated"], "changed": {"state": "pending", "state_reason": "not yet"}})
        );
        let fired = session.call("get_intentions", json!({"state": "fired"})).await;
        assert_eq!(fired["entries"][0]["id"], json!(id));
        stop(product).await;
    }

    async fn the_most_urgent_comes_first_then_the_longest_due(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (goal, urgency, day) in [
            ("low", "low", "2030-01-01"), ("later", "normal", "2031-01-03"), ("urgent later", "high", "2031-01-02"),
            ("sooner", "normal", "2031-01-01"), ("urgent", "high", "2031-01-01"),
        ] {
            let mut asked = due(goal);
            asked["urgency"] = json!(urgency);
            asked["deliver_at"] = json!(day);
            session.call("remind", asked).await;
        }

        let found = briefing(&session).await;

        let fired: Vec<_> = found["fired_intentions"].as_array().unwrap().iter().map(|one| &one["goal"]).collect();
        assert_eq!(fired, ["urgent", "urgent later", "sooner", "later", "low"]);
        assert_eq!(found["summary"], "5 intentions ready.");
        assert_eq!(
            found["suggested_mention"],
            "INTENTION: urgent. INTENTION: urgent later. INTENTION: sooner. INTENTION: later. INTENTION: low."
        );
        stop(product).await;
    }

    async fn what_has_no_time_or_a_later_one_waits(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("remind", json!({"goal": "some day", "source": "home", "tags": []})).await;
        session.call("remind", due("now")).await;
        let mut later = due("later");
        later["deliver_at"] = json!("2031-02-03T06:10:00+01:00");
        session.call("remind", later).await;

        let now = briefing(&session).await;
        assert_eq!((&now["pending_intentions"], &now["evaluation"]["intentions_fired"]), (&json!(2), &json!(1)));
        assert_eq!(briefing(&session).await["pending_intentions"], 2);
        product.clock.advance(TimeDelta::seconds(3600 + 4 * 60));
        assert!(delivered(&session).await.is_empty());
        product.clock.advance(TimeDelta::minutes(1));
        assert_eq!(delivered(&session).await, ["later"]);
        assert_eq!(briefing(&session).await["pending_intentions"], 1, "the one without a time");
        stop(product).await;
    }

    async fn only_what_is_pending_fires_and_what_is_pending_again_fires_again(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut ids = Vec::new();
        for state in ["fired", "active", "completed", "snoozed", "cancelled"] {
            let id = id_of(&session.call("remind", due(state)).await);
            session.call("update_intention", json!({"entry_id": id, "state": state})).await;
            ids.push(id);
        }

        let quiet = briefing(&session).await;
        assert_eq!((&quiet["attention_needed"], &quiet["pending_intentions"]), (&json!(false), &json!(0)));
        for id in &ids {
            session.call("update_intention", json!({"entry_id": id, "state": "pending"})).await;
        }
        assert_eq!(delivered(&session).await.len(), 5);
        assert!(delivered(&session).await.is_empty());
        stop(product).await;
    }

    async fn what_is_put_off_until_a_time_wakes_then(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = id_of(&session.call("remind", due("call")).await);
        let until = json!({"entry_id": id, "state": "snoozed", "deliver_at": "2031-02-04", "reason": "tomorrow"});
        session.call("update_intention", until).await;

        assert!(delivered(&session).await.is_empty());
        product.clock.advance(TimeDelta::days(1));
        assert_eq!(delivered(&session).await, ["call"]);
        assert!(delivered(&session).await.is_empty());
        assert_eq!(entry(&session, &id).await["data"]["state"], "fired");

        session.call("update_intention", json!({"entry_id": id, "state": "snoozed"})).await;
        product.clock.advance(TimeDelta::days(365));
        assert!(delivered(&session).await.is_empty(), "put off without a time, it sleeps");
        stop(product).await;
    }

    async fn of_eight_clients_at_once_one_gets_what_is_due(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for round in 0..5 {
            let id = id_of(&session.call("remind", due("Order filters")).await);
            let mut tasks = Vec::new();
            for _ in 0..8 {
                let session = product.session().await;
                tasks.push(tokio::spawn(async move { briefing(&session).await }));
            }
            let mut winners = 0;
            for task in tasks {
                let found = task.await.unwrap();
                winners += found["evaluation"]["intentions_fired"].as_u64().unwrap();
                assert_eq!(found["pending_intentions"], 0, "whoever delivered it");
            }

            assert_eq!(winners, 1, "round {round}");
            let history = entry(&session, &id).await["data"]["changelog"].clone();
            assert_eq!(history.as_array().unwrap().len(), 1);
        }
        stop(product).await;
    }

    async fn clients_at_once_share_many_without_loss_or_repeat(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..20 {
            session.call("remind", due(&format!("goal {number}"))).await;
        }
        let mut tasks = Vec::new();
        for _ in 0..8 {
            let session = product.session().await;
            tasks.push(tokio::spawn(async move { delivered(&session).await }));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.unwrap());
        }

        assert_eq!(all.len(), 20);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 20);
        stop(product).await;
    }

    async fn intentions_of_older_writers_fire_too(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (id, data) in [
            ("a", json!({"description": "described", "state": "pending", "deliver_at": "2031-02-03T09:00:00+05:00"})),
            ("b", json!({"state": "pending", "deliver_at": "2031-02-03 04:00:01", "urgency": "very"})),
            ("c", json!({"goal": "not yet", "state": "pending", "deliver_at": "2031-02-03T01:00:00-05:00"})),
        ] {
            plant(&database, id, "intention", "home", &data).await;
        }

        let found = briefing(&session).await;

        let fired = found["fired_intentions"].as_array().unwrap();
        let shown: Vec<_> = fired.iter().map(|one| (&one["id"], &one["goal"], &one["urgency"])).collect();
        let (normal, none) = (json!("normal"), json!(""));
        assert_eq!(shown, [(&json!("a"), &json!("described"), &normal), (&json!("b"), &none, &normal)]);
        assert_eq!(found["suggested_mention"], "INTENTION: described.");
        assert_eq!(found["pending_intentions"], 1);
        stop(product).await;
    }
}
