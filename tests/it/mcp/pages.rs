//! Lists that come in pages, and stay the same list when many entries share a time.

use serde_json::{Value, json};

use super::stop;
use crate::support::{Database, Product, Raw, both_databases};

const AT: &str = "2031-01-01T00:00:00+00:00";

/// The tools that list entries in pages, and what makes each list the seven entries planted for it.
const PAGED: [(&str, &str, &str); 8] = [
    ("get_knowledge", r#"{"entry_type": "note"}"#, "note"),
    ("get_knowledge", r#"{"tags": ["t"]}"#, "note"),
    (
        "get_knowledge",
        r#"{"entry_type": "note", "include_history": "only"}"#,
        "note",
    ),
    ("get_alerts", "{}", "alert"),
    ("get_intentions", "{}", "intention"),
    ("get_deleted", "{}", "deleted"),
    ("search", r#"{"query": "apple"}"#, "note"),
    ("get_unread", r#"{"since": "2032-01-01"}"#, "all"),
];

async fn plant(raw: &Raw) {
    let note =
        r#"{"description": "apple", "changelog": [{"updated": "2031-01-01", "changed": {}}]}"#;
    for (name, entry_type, deleted, data) in [
        ("note", "note", "NULL".to_owned(), note),
        ("alert", "alert", "NULL".to_owned(), "{}"),
        ("intention", "intention", "NULL".to_owned(), "{}"),
        ("deleted", "note", format!("'{AT}'"), "{}"),
    ] {
        let tags = if name == "note" { r#"["t"]"# } else { "[]" };
        for number in 0..7 {
            raw.run(&format!(
                "INSERT INTO entries (id, type, source, created, deleted, tags, data)
                 VALUES ('{name}{number}', '{entry_type}', 's', '{AT}', {deleted}, '{tags}', '{data}')"
            ))
            .await;
        }
    }
    raw.run(
        "INSERT INTO entry_words (entry_id, owner_id, terms)
         SELECT id, owner_id, ' apple '
         FROM entries
         WHERE id LIKE 'note%'",
    )
    .await;
}

both_databases! {
    async fn entries_of_one_time_are_neither_lost_nor_repeated_between_pages(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        plant(&database.connect().await).await;

        for (tool, base, of) in PAGED {
            for mode in ["full", "list"] {
                let mut arguments: Value = serde_json::from_str(base).unwrap();
                if tool != "get_unread" {
                    arguments["mode"] = json!(mode);
                }
                let mut seen = Vec::new();
                for offset in (0..30).step_by(3) {
                    arguments["limit"] = json!(3);
                    arguments["offset"] = json!(offset);
                    let page = session.call(tool, arguments.clone()).await;
                    let ids = page["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned());
                    seen.extend(ids);
                    assert_eq!((&page["limit"], &page["offset"]), (&json!(3), &json!(offset)), "{tool}");
                    if page["has_more"] == false {
                        break;
                    }
                }
                let mut expected: Vec<_> = ["note", "alert", "intention", "deleted"]
                    .iter()
                    .filter(|name| **name == of || (of == "all" && **name != "deleted"))
                    .flat_map(|name| (0..7).map(move |number| format!("{name}{number}")))
                    .collect();
                expected.sort_unstable_by(|a, b| b.cmp(a));
                if tool == "search" {
                    // In the order of its scores.
                    seen.sort_unstable_by(|a, b| b.cmp(a));
                }
                assert_eq!(seen, expected, "{tool} {base} {mode}");
            }
        }
        stop(product).await;
    }

    async fn a_page_tells_whether_there_is_more(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        plant(&database.connect().await).await;

        for (tool, base, of) in PAGED.into_iter().filter(|(_, _, of)| *of != "all") {
            let least = u64::from(tool == "search");
            for (limit, entries, has_more) in [(least, least, true), (6, 6, true), (7, 7, false), (8, 7, false)] {
                let mut arguments: Value = serde_json::from_str(base).unwrap();
                arguments["limit"] = json!(limit);
                let page = session.call(tool, arguments).await;
                assert_eq!(page["entries"].as_array().unwrap().len() as u64, entries, "{tool} {of}");
                assert_eq!((&page["limit"], &page["offset"]), (&json!(limit), &json!(0)), "{tool}");
                assert_eq!(page["has_more"], has_more, "{tool} {limit}");
            }
        }
        stop(product).await;
    }
}
