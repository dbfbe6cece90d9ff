//! What is to be done: set, found, and moved from state to state.

use serde_json::{Value, json};

use super::{column, descriptions, entry, id_of, keys, listed, remember, stop};
use crate::support::{Database, Product, Session, both_databases};

const STATES: [&str; 6] = [
    "active",
    "cancelled",
    "completed",
    "fired",
    "pending",
    "snoozed",
];

async fn remind(session: &Session, goal: &str) -> String {
    id_of(
        &session
            .call(
                "remind",
                json!({"goal": goal, "source": "home", "tags": []}),
            )
            .await,
    )
}

async fn bring(session: &Session, id: &str, state: &str) -> Value {
    session
        .call("update_intention", json!({"entry_id": id, "state": state}))
        .await
}

both_databases! {
    async fn a_reminder_waits_with_what_it_was_given(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let plain = session.call("remind", json!({"goal": "g", "source": "s", "tags": ["t"]})).await;
        let full = session
            .call("remind", json!({
                "goal": "Have the boiler in the basement replaced by a heat pump before the winter", "source": "garden", "tags": [],
                "deliver_at": "2031-02-03T10:00:00+05:30", "constraints": "not when it rains", "urgency": "high",
                "recurrence": "daily", "learned_from": "a book",
            }))
            .await;

        assert_eq!(plain, json!({"status": "ok", "id": plain["id"], "state": "pending"}));
        let stored = entry(&session, &id_of(&plain)).await;
        assert_eq!(
            stored["data"],
            json!({
                "goal": "g", "state": "pending", "deliver_at": null, "constraints": null, "urgency": "normal",
                "recurrence": null, "learned_from": "conversation",
            })
        );
        assert_eq!((&stored["type"], &stored["tags"]), (&json!("intention"), &json!(["t"])));
        assert_eq!((&stored["updated"], &stored["expires"]), (&Value::Null, &Value::Null));
        let stored = entry(&session, &id_of(&full)).await;
        assert_eq!(
            stored["data"],
            json!({
                "goal": "Have the boiler in the basement replaced by a heat pump before the winter", "state": "pending",
                "deliver_at": "2031-02-03T04:30:00+00:00", "constraints": "not when it rains", "urgency": "high",
                "recurrence": "daily", "learned_from": "a book",
            })
        );
        assert_eq!(stored["language"], "english");
        stop(product).await;
    }

    async fn a_time_may_have_any_accepted_form_and_lie_in_the_past(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for (given, stored) in [
            ("2020-01-02", "2020-01-02T00:00:00+00:00"),
            ("2031-02-03T04:05:06.5Z", "2031-02-03T04:05:06.500000+00:00"),
            ("20310203T040506-0530", "2031-02-03T09:35:06+00:00"),
            ("2031-02-03 04:05+02", "2031-02-03T02:05:00+00:00"),
        ] {
            let reminder = json!({"goal": "g", "source": "s", "tags": [], "deliver_at": given});
            let reply = session.call("remind", reminder).await;
            assert_eq!(entry(&session, &id_of(&reply)).await["data"]["deliver_at"], stored, "{given}");
        }
        stop(product).await;
    }

    async fn urgency_is_checked_before_the_time(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let remind = |urgency: &str, time: &str| {
            json!({"goal": "g", "source": "s", "tags": [], "urgency": urgency, "deliver_at": time})
        };

        let urgency = session.refused("remind", remind("High", "soon")).await;
        assert_eq!((&urgency["param"], &urgency["value"]), (&json!("urgency"), &json!("High")));
        assert_eq!(urgency["suggestion"], "high");
        assert_eq!(urgency["valid"], json!(["high", "low", "normal"]));
        assert_eq!(session.refused("remind", remind("", "soon")).await["param"], "urgency");
        for time in ["soon", ""] {
            let error = session.refused("remind", remind("low", time)).await;
            assert_eq!((&error["param"], &error["value"]), (&json!("deliver_at"), &json!(time)));
        }
        assert!(listed(&session, "get_intentions", json!({})).await.is_empty());
        stop(product).await;
    }

    async fn intentions_are_found_by_state_source_and_tags(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (goal, source, tags) in [("a", "home", json!(["x", "y"])), ("b", "home", json!(["x"])), ("c", "work", json!(["X"]))] {
            session.call("remind", json!({"goal": goal, "source": source, "tags": tags})).await;
        }
        let done = remind(&session, "d").await;
        remember(&session, "no intention", &["x"]).await;
        bring(&session, &done, "completed").await;

        for (filter, found) in [
            (json!({}), "dcba"),
            (json!({"state": "", "source": "", "tags": []}), "dcba"),
            (json!({"state": "pending"}), "cba"),
            (json!({"state": "completed"}), "d"),
            (json!({"state": "active"}), ""),
            (json!({"source": "home"}), "dba"),
            (json!({"source": "hom"}), ""),
            (json!({"tags": ["x"]}), "ba"),
            (json!({"tags": ["y", "x"]}), "a"),
            (json!({"source": "home", "state": "pending", "tags": ["x"]}), "ba"),
            (json!({"limit": 2, "offset": 1}), "cb"),
        ] {
            let mut list = filter.clone();
            list["mode"] = json!("list");
            let goals = column(&session, "get_intentions", list, "goal").await;
            let goals: String = goals.iter().map(|goal| goal.as_str().unwrap()).collect();
            assert_eq!(goals, found, "{filter}");
        }
        let error = session.refused("get_intentions", json!({"state": "complete"})).await;
        assert_eq!((&error["param"], &error["suggestion"]), (&json!("state"), &json!("completed")));
        assert_eq!(error["valid"], json!(STATES));
        stop(product).await;
    }

    async fn a_list_shows_goal_and_state_and_the_full_form_the_history(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let (first, second) = (remind(&session, "first").await, remind(&session, "second").await);
        bring(&session, &first, "active").await;

        let list = session.call("get_intentions", json!({"mode": "list"})).await;
        let full = session.call("get_intentions", json!({})).await;

        assert_eq!(keys(&list), "entries has_more limit offset owner_scope");
        assert_eq!(keys(&list["entries"][0]), "created description goal id learned_from source state tags type updated");
        assert_eq!((&list["entries"][0]["goal"], &list["entries"][0]["state"]), (&json!("first"), &json!("active")));
        assert_eq!(list["entries"][0]["description"], "");
        assert_eq!([&full["entries"][0]["id"], &full["entries"][1]["id"]], [&json!(first), &json!(second)], "last touched first");
        assert_eq!(full["entries"][0]["data"]["changelog"][0]["changed"], json!({"state": "pending"}));
        stop(product).await;
    }

    async fn every_state_may_follow_every_other(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remind(&session, "g").await;

        for state in STATES.iter().chain(&["snoozed", "snoozed", "pending"]) {
            assert_eq!(bring(&session, &id, state).await, json!({"status": "ok", "id": id}));
            let stored = entry(&session, &id).await;
            assert_eq!(stored["data"]["state"], *state);
            assert_eq!(stored["data"]["changelog"].as_array().unwrap().last().unwrap()["updated"], stored["updated"]);
        }

        let stored = entry(&session, &id).await;
        let history = stored["data"]["changelog"].as_array().unwrap();
        let old: Vec<_> = history.iter().map(|item| item["changed"]["state"].as_str().unwrap()).collect();
        assert_eq!(old[..2], ["pending", "active"]);
        assert_eq!(old[6..], ["snoozed", "snoozed", "snoozed"]);
        assert!(history.iter().all(|item| keys(&item["changed"]) == "state"));
        stop(product).await;
    }

    async fn a_reason_belongs_to_its_state(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remind(&session, "g").await;
        let bring = async |state: &str, reason: Value| {
            session.call("update_intention", json!({"entry_id": id, "state": state, "reason": reason})).await;
            entry(&session, &id).await["data"].clone()
        };

        assert_eq!(bring("active", json!("begun")).await["state_reason"], "begun");
        assert_eq!(bring("snoozed", json!("too late")).await["state_reason"], "too late");
        assert!(bring("pending", Value::Null).await.get("state_reason").is_none());
        assert_eq!(bring("active", json!("again")).await["state_reason"], "again");
        let data = bring("completed", json!("")).await;
        assert!(data.get("state_reason").is_none());

        let changed: Vec<_> = data["changelog"].as_array().unwrap().iter().map(|item| item["changed"].clone()).collect();
        assert_eq!(changed, [
            json!({"state": "pending"}),
            json!({"state": "active", "state_reason": "begun"}),
            json!({"state": "snoozed", "state_reason": "too late"}),
            json!({"state": "pending"}),
            json!({"state": "active", "state_reason": "again"}),
        ]);
        stop(product).await;
    }

    async fn what_waits_may_be_given_a_new_time(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remind(&session, "g").await;
        let put_off = |state: &str, time: &str| json!({"entry_id": id, "state": state, "deliver_at": time});

        for state in ["fired", "active", "completed", "cancelled"] {
            let error = session.refused("update_intention", put_off(state, "2031-03-01")).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("deliver_at")), "{state}");
        }
        session.call("update_intention", put_off("snoozed", "2031-03-01T00:00+01:00")).await;
        session.call("update_intention", put_off("pending", "2031-04-01")).await;
        bring(&session, &id, "snoozed").await;

        let data = entry(&session, &id).await["data"].clone();
        assert_eq!(data["deliver_at"], "2031-04-01T00:00:00+00:00", "kept when none is given");
        let changed: Vec<_> = data["changelog"].as_array().unwrap().iter().map(|item| item["changed"].clone()).collect();
        assert_eq!(changed, [
            json!({"state": "pending", "deliver_at": null}),
            json!({"state": "snoozed", "deliver_at": "2031-02-28T23:00:00+00:00"}),
            json!({"state": "pending"}),
        ]);
        stop(product).await;
    }

    async fn a_wrong_state_is_refused_before_anything_is_looked_up(database: Database) {
        let product = Product::start(&database).await;
        let (session, bob) = (product.session().await, product.session_of("bob").await);
        let note = remember(&session, "a note", &[]).await;
        let foreign = remind(&bob, "foreign").await;
        let deleted = remind(&session, "deleted").await;
        session.call("delete_entry", json!({"entry_id": deleted})).await;

        for id in ["unknown", &note, &foreign, &deleted] {
            let error = session.refused("update_intention", json!({"entry_id": id, "state": "Done"})).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("state")));
            assert_eq!((&error["value"], &error["valid"]), (&json!("Done"), &json!(STATES)));
            let error = session.refused("update_intention", json!({"entry_id": id, "state": "active"})).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("not_found"), &json!("entry_id")));
            assert_eq!(error["value"], json!(id));
        }
        assert!(listed(&session, "get_intentions", json!({})).await.is_empty());
        assert_eq!(entry(&bob, &foreign).await["data"]["state"], "pending");
        assert_eq!(descriptions(&session, json!({})).await, ["a note"]);
        stop(product).await;
    }

    async fn an_edit_leaves_goal_and_state_alone(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remind(&session, "g").await;

        session
            .call("update_entry", json!({
                "entry_id": id, "tags": ["t"], "source": "work", "description": "d", "goal": "other", "state": "fired",
            }))
            .await;

        let stored = entry(&session, &id).await;
        assert_eq!((&stored["source"], &stored["tags"]), (&json!("work"), &json!(["t"])));
        assert_eq!((&stored["data"]["goal"], &stored["data"]["state"]), (&json!("g"), &json!("pending")));
        assert_eq!(stored["data"]["changelog"][0]["changed"], json!({"source": "home", "tags": [], "description": null}));
        stop(product).await;
    }

    async fn ten_clients_moving_one_intention_lose_no_history(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remind(&session, "g").await;
        let mut tasks = Vec::new();
        for number in 0..10 {
            let (session, id) = (product.session().await, id.clone());
            tasks.push(tokio::spawn(async move { bring(&session, &id, STATES[number % 6]).await }));
        }
        for task in tasks {
            task.await.unwrap();
        }

        let data = entry(&session, &id).await["data"].clone();
        assert_eq!(data["changelog"].as_array().unwrap().len(), 10);
        assert_eq!(data["changelog"][0]["changed"]["state"], "pending");
        stop(product).await;
    }
}
