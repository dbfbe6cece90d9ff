//! The `hint` of `get_knowledge`: what it ranks, and what it leaves as it was.

use serde_json::{Value, json};

use super::{listed, remember, stop};
use crate::support::{Database, Product, Session, both_databases};

/// What a page of knowledge says, each with whether it has a score.
async fn ranked(session: &Session, arguments: Value) -> Vec<(String, bool)> {
    let entries = listed(session, "get_knowledge", arguments).await;
    let said = entries.iter().map(|entry| {
        let description = entry["description"]
            .as_str()
            .or(entry["data"]["description"].as_str());
        (
            description.unwrap().to_owned(),
            entry.get("similarity").is_some(),
        )
    });

    said.collect()
}

both_databases! {
    async fn a_hint_puts_what_fits_it_first(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "the boiler was repaired in March", &[]).await;
        for number in 0..30 {
            remember(&session, &format!("errand {number}"), &[]).await;
        }

        for mode in ["list", "full"] {
            let first = ranked(&session, json!({"hint": "boiler", "mode": mode, "limit": 1})).await;
            assert_eq!(first, [("the boiler was repaired in March".to_owned(), true)], "{mode}");
        }
        let page = session.call("get_knowledge", json!({"hint": "boiler", "limit": 1})).await;
        assert_eq!(page["has_more"], json!(true));
        stop(product).await;
    }

    async fn a_hint_ranks_everything_and_pages_follow_each_other(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..12 {
            remember(&session, &format!("errand {number}"), &["t"]).await;
        }
        // Neither words nor a vector: known to search by nothing.
        session.call("remember", json!({"source": "s", "description": "", "tags": ["t"]})).await;
        let all = ranked(&session, json!({"hint": "errand 7", "tags": ["t"], "mode": "list"})).await;

        let mut seen = Vec::new();
        for offset in [0, 5, 10, 15] {
            let part = json!({"hint": "errand 7", "tags": ["t"], "mode": "list", "limit": 5, "offset": offset});
            seen.extend(ranked(&session, part).await);
        }

        assert_eq!((all.len(), &all[0].0[..]), (13, "errand 7"));
        assert_eq!(seen, all);
        stop(product).await;
    }

    async fn a_hint_keeps_to_every_filter(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (source, from) in [("home", "ann"), ("work", "ann"), ("home", "bob")] {
            let note = json!({"source": source, "description": format!("boiler {source} {from}"), "tags": [], "learned_from": from});
            session.call("remember", note).await;
        }

        for (filter, expected) in [
            (json!({"source": "home"}), vec!["boiler home ann", "boiler home bob"]),
            (json!({"learned_from": "ann"}), vec!["boiler home ann", "boiler work ann"]),
            (json!({"source": "home", "learned_from": "bob"}), vec!["boiler home bob"]),
            (json!({"created_before": "2001-01-01"}), vec![]),
            (json!({"include_history": "only"}), vec![]),
            (json!({"entry_type": "pattern"}), vec![]),
        ] {
            let mut asked = filter.clone();
            asked["hint"] = json!("boiler");
            asked["mode"] = json!("list");
            let mut found: Vec<_> = ranked(&session, asked).await.into_iter().map(|(said, _)| said).collect();
            found.sort();
            assert_eq!(found, expected, "{filter}");
        }
        stop(product).await;
    }

    async fn an_empty_hint_is_none(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "a", &[]).await;
        remember(&session, "b", &[]).await;

        let expected = [("b".to_owned(), false), ("a".to_owned(), false)];
        assert_eq!(ranked(&session, json!({"hint": " ", "mode": "list"})).await, expected);
        stop(product).await;
    }
}
