//! Replies that are cut where they become too dear.

use serde_json::{Value, json};

use super::{column, keys, listed, remember, stop};
use crate::support::{Database, Product, Session, both_databases};

/// The tools that know a budget, and what makes each list the twelve entries planted for it.
const BUDGETED: [(&str, &str); 6] = [
    ("get_knowledge", r#"{"tags": ["t"]}"#),
    (
        "search",
        r#"{"query": "apple", "entry_type": "note", "limit": 100}"#,
    ),
    (
        "semantic_search",
        r#"{"query": "apple", "entry_type": "note", "limit": 100}"#,
    ),
    ("get_alerts", "{}"),
    ("get_intentions", "{}"),
    ("get_deleted", "{}"),
];

fn arguments(base: &str, more: Value) -> Value {
    let mut arguments: Value = serde_json::from_str(base).unwrap();
    for (key, value) in more.as_object().unwrap() {
        arguments[key] = value.clone();
    }

    arguments
}

/// Twelve entries for each of the tools, every third of them long.
async fn plant(session: &Session) {
    for number in 0..12 {
        let text = format!(
            "apple {number} {}",
            "long ".repeat(if number % 3 == 0 { 100 } else { 1 })
        );
        remember(session, &text, &["t"]).await;
        remember(session, &text, &["deleted"]).await;
        let alert = json!({
            "source": "s", "tags": [], "alert_id": format!("a{number}"), "level": "warning", "alert_type": "threshold",
            "message": text,
        });
        session.call("report_alert", alert).await;
        session
            .call("remind", json!({"goal": text, "source": "s", "tags": []}))
            .await;
    }
    session
        .call(
            "delete_entry",
            json!({"tags": ["deleted"], "confirm": true}),
        )
        .await;
}

both_databases! {
    async fn following_the_next_offset_gets_every_entry_once(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        plant(&session).await;

        for (tool, base) in BUDGETED {
            for (mode, max_tokens) in [("full", 1), ("full", 400), ("list", 200), ("list", 650)] {
                let whole = column(&session, tool, arguments(base, json!({"mode": mode})), "id").await;
                assert_eq!(whole.len(), 12, "{tool}");
                let (mut seen, mut offset, mut pages) = (Vec::new(), json!(0), 0);
                loop {
                    let more = json!({"mode": mode, "max_tokens": max_tokens, "offset": offset});
                    let page = session.call(tool, arguments(base, more)).await;
                    let entries = page["entries"].as_array().unwrap();
                    assert!(!entries.is_empty(), "{tool} {mode} {max_tokens}: at least one");
                    seen.extend(entries.iter().map(|entry| entry["id"].clone()));
                    pages += 1;
                    if page["has_more"] == false {
                        assert!(page.get("left_out").is_none() && page.get("next_offset").is_none());
                        break;
                    }
                    assert_eq!(page["left_out"].as_u64().unwrap() + seen.len() as u64, 12);
                    assert_eq!(page["next_offset"], seen.len());
                    offset = page["next_offset"].clone();
                }
                assert_eq!(seen, whole, "{tool} {mode} {max_tokens}");
                assert!(if max_tokens == 1 { pages == 12 } else { (2..12).contains(&pages) }, "{tool} {mode}: {pages}");
            }
        }
        stop(product).await;
    }

    async fn a_budget_that_is_enough_changes_nothing(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        plant(&session).await;

        for (tool, base) in BUDGETED {
            for more in [json!({"limit": 5}), json!({"limit": 5, "offset": 10}), json!({"mode": "list"})] {
                let without = session.call(tool, arguments(base, more.clone())).await;
                let mut with = arguments(base, more);
                with["max_tokens"] = json!(1_000_000);
                let with = session.call(tool, with).await;
                assert_eq!(keys(&with), keys(&without), "{tool}");
                let shown = |page: &Value| (page["has_more"].clone(), page["entries"].as_array().unwrap().len());
                assert_eq!(shown(&with), shown(&without), "{tool}");
                assert!(with.get("left_out").is_none() && with.get("next_offset").is_none(), "{tool}");
            }
        }
        stop(product).await;
    }

    async fn a_page_is_cut_within_its_limit(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        plant(&session).await;

        let page = session.call("get_knowledge", json!({"tags": ["t"], "limit": 3, "max_tokens": 1})).await;
        let nothing = session.call("get_knowledge", json!({"tags": ["t"], "limit": 0, "max_tokens": 1})).await;
        let beyond = session.call("get_knowledge", json!({"tags": ["t"], "offset": 12, "max_tokens": 1})).await;

        assert_eq!((&page["left_out"], &page["next_offset"], &page["limit"]), (&json!(2), &json!(1), &json!(3)));
        assert_eq!((&nothing["entries"], &nothing["has_more"]), (&json!([]), &json!(true)));
        assert!(nothing.get("left_out").is_none());
        assert_eq!((&beyond["entries"], &beyond["has_more"]), (&json!([]), &json!(false)));
        stop(product).await;
    }

    async fn a_reply_stays_near_its_budget(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for _ in 0..60 {
            remember(&session, &"some words of a note ".repeat(20), &["tag"]).await;
        }

        for (mode, max_tokens) in [("full", 500), ("full", 3000), ("list", 500), ("list", 3000)] {
            let reply = session.call("get_knowledge", json!({"mode": mode, "max_tokens": max_tokens})).await;
            let tokens = reply.to_string().len() / 4;
            assert!(tokens <= max_tokens + 40, "{mode} {max_tokens}: {tokens}");
            assert!(tokens >= max_tokens / 2, "{mode} {max_tokens}: {tokens}");
        }
        stop(product).await;
    }

    async fn what_was_left_out_was_not_read(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        plant(&session).await;

        for (tool, base) in BUDGETED.iter().filter(|(tool, _)| *tool != "get_deleted") {
            let before = listed(&session, "get_reads", json!({"limit": 1000})).await.len();
            session.call(tool, arguments(base, json!({"max_tokens": 1}))).await;
            let after = listed(&session, "get_reads", json!({"limit": 1000})).await.len();
            assert_eq!(after - before, 1, "{tool}");
        }
        stop(product).await;
    }

    async fn a_budget_is_a_positive_number(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for (tool, base) in BUDGETED {
            for max_tokens in [json!(0), json!(-5), json!(i64::MIN), json!(1.5), json!("many")] {
                let error = session.refused(tool, arguments(base, json!({"max_tokens": max_tokens}))).await;
                assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("max_tokens")), "{tool}");
                assert_eq!(error["value"], max_tokens);
            }
            session.call(tool, arguments(base, json!({"max_tokens": i64::MAX}))).await;
            session.call(tool, arguments(base, json!({"max_tokens": "100"}))).await;
        }
        stop(product).await;
    }
}
