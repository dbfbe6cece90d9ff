//! Searching: its arguments, filters and answers. How well it ranks is not held here.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{column, id_of, keys, listed, remember, stop};
use crate::support::{Database, Product, Session, both_databases};

const BOTH_NAMES: [&str; 2] = ["search", "semantic_search"];

/// The descriptions of what a search finds, sorted.
async fn found(session: &Session, arguments: Value) -> Vec<Value> {
    let mut arguments = arguments;
    arguments["mode"] = json!("list");
    let mut descriptions = column(session, "search", arguments, "description").await;
    descriptions.sort_by_key(ToString::to_string);

    descriptions
}

both_databases! {
    async fn the_limit_is_brought_into_its_bounds_and_shown(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..12 {
            remember(&session, &format!("apple {number}"), &[]).await;
        }

        for (limit, shown, entries) in [
            (Value::Null, 10, 10), (json!(0), 1, 1), (json!(-4), 1, 1), (json!(1), 1, 1), (json!("3"), 3, 3),
            (json!(100), 100, 12), (json!(101), 100, 12), (json!(1000), 100, 12), (json!(i64::MAX), 100, 12),
            (json!(i64::MIN), 1, 1),
        ] {
            for tool in BOTH_NAMES {
                let page = session.call(tool, json!({"query": "apple", "limit": limit})).await;
                assert_eq!((&page["limit"], &page["offset"]), (&json!(shown), &json!(0)), "{limit}");
                assert_eq!(page["entries"].as_array().unwrap().len(), entries, "{limit}");
                assert_eq!(page["has_more"], entries < 12);
            }
        }
        assert_eq!(session.refused("search", json!({"query": "apple", "limit": 1.5})).await["param"], "limit");
        stop(product).await;
    }

    async fn pages_of_hits_follow_each_other(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..7 {
            remember(&session, &format!("apple {number}"), &[]).await;
        }
        let all = listed(&session, "search", json!({"query": "apple", "limit": 100})).await;

        let mut seen = Vec::new();
        for offset in [0, 3, 6, 9] {
            let page = session.call("search", json!({"query": "apple", "limit": 3, "offset": offset})).await;
            assert_eq!((&page["offset"], &page["has_more"]), (&json!(offset), &json!(offset < 6)));
            seen.extend(page["entries"].as_array().unwrap().clone());
        }

        assert_eq!(seen, all);
        let scores: Vec<_> = all.iter().map(|hit| hit["similarity"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b) && scores[6] > 0.0, "{scores:?}");
        assert_eq!(session.refused("search", json!({"query": "apple", "offset": -1})).await["param"], "offset");
        stop(product).await;
    }

    async fn filters_are_checked_in_the_known_order(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let order = ["since", "until", "entry_type"];

        for tool in BOTH_NAMES {
            for first in 0..order.len() {
                let mut arguments = json!({"query": "", "limit": -4, "language": "xx", "mode": "LIST"});
                for param in &order[first..] {
                    arguments[*param] = json!("nonsense");
                }
                let error = session.refused(tool, arguments).await;
                assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!(order[first])));
            }
            for (param, value) in [("language", "xx"), ("mode", "LIST")] {
                assert_eq!(session.refused(tool, json!({"query": "a", param: value})).await["param"], param);
            }
            let error = session.refused(tool, json!({})).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!("query")));
        }
        stop(product).await;
    }

    async fn both_forms_of_a_hit_have_exactly_their_keys(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "apple", &["t"]).await;

        for tool in BOTH_NAMES {
            let full = session.call(tool, json!({"query": "apple"})).await;
            let list = session.call(tool, json!({"query": "apple", "mode": "list"})).await;

            for page in [&full, &list] {
                assert_eq!(keys(page), "branches entries has_more limit offset owner_scope");
                let score = page["entries"][0]["similarity"].as_f64().unwrap();
                assert!(((score * 10_000.0).round() - score * 10_000.0).abs() < 1e-9, "four decimals: {score}");
            }
            assert_eq!(keys(&full["entries"][0]), "created data expires id similarity source tags type updated");
            assert_eq!(
                keys(&list["entries"][0]),
                "created description id learned_from similarity source tags type updated"
            );
        }
        stop(product).await;
    }

    async fn a_hit_explains_its_score(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "the boiler was repaired", &[]).await;
        session.call("remember", json!({"source": "other", "description": "heating works", "tags": []})).await;

        let hits = listed(&session, "search", json!({"query": "heating of the boiler", "explain": true})).await;

        for hit in &hits {
            let explanation = &hit["explanation"];
            assert_eq!(keys(explanation), "cosine lent matched_words meaning_rank phrases words_rank words_score");
            assert!(explanation["words_score"].as_f64().unwrap() > 0.0, "{hit}");
            assert!(explanation["cosine"].as_f64().unwrap() > 0.0, "{hit}");
        }
        assert_eq!(hits[0]["explanation"]["matched_words"].as_array().unwrap().len(), 1);
        let ranks = |branch: &str| {
            let mut ranks: Vec<_> = hits.iter().map(|hit| hit["explanation"][branch].as_u64()).collect();
            ranks.sort_unstable();
            ranks
        };
        assert_eq!((ranks("words_rank"), ranks("meaning_rank")), (vec![Some(1), Some(2)], vec![Some(1), Some(2)]));
        stop(product).await;
    }

    async fn hits_are_filtered_by_source_tags_type_and_time(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (source, description, tags) in [
            ("home", "apple one", json!(["x", "y"])), ("", "apple two", json!(["x"])), ("home", "apple three", json!(["X"])),
        ] {
            session.call("remember", json!({"source": source, "description": description, "tags": tags})).await;
        }
        session.call("learn_pattern", json!({"source": "home", "description": "apple rule", "tags": []})).await;
        let two = listed(&session, "search", json!({"query": "apple two"})).await[0]["created"].clone();

        for (filter, expected) in [
            (json!({}), vec!["apple one", "apple rule", "apple three", "apple two"]),
            (json!({"source": "home"}), vec!["apple one", "apple rule", "apple three"]),
            (json!({"source": ""}), vec!["apple two"]),
            (json!({"tags": ["x"]}), vec!["apple one", "apple two"]),
            (json!({"tags": ["y", "x"]}), vec!["apple one"]),
            (json!({"tags": []}), vec!["apple one", "apple rule", "apple three", "apple two"]),
            (json!({"entry_type": "pattern"}), vec!["apple rule"]),
            (json!({"entry_type": "", "source": "home"}), vec!["apple one", "apple rule", "apple three"]),
            (json!({"since": two}), vec!["apple rule", "apple three", "apple two"]),
            (json!({"until": two}), vec!["apple one", "apple two"]),
            (json!({"since": two, "until": two}), vec!["apple two"]),
            (json!({"language": "fr", "tags": ["X"]}), vec!["apple three"]),
        ] {
            let mut arguments = filter.clone();
            arguments["query"] = json!("apple");
            assert_eq!(found(&session, arguments).await, expected, "{filter}");
        }
        stop(product).await;
    }

    async fn every_type_is_searched_but_suppressions_and_what_has_expired(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let alert = json!({
            "source": "s", "tags": [], "alert_id": "a", "level": "warning", "alert_type": "baseline", "message": "apple",
            "resolved": true,
        });
        let schema = json!({"source": "s", "tags": [], "description": "apple", "family": "f", "version": "1", "schema": {}});
        let record = json!({
            "source": "s", "tags": [], "description": "apple", "logical_key": "k", "schema_ref": "f", "schema_version": "1",
            "content": 1,
        });
        let text = json!({"source": "s", "tags": [], "description": "apple", "expires_days": 1});
        for (tool, arguments) in [
            ("report_status", json!({"source": "apple", "tags": ["apple"], "metrics": {}})),
            ("report_alert", alert),
            ("learn_pattern", text.clone()),
            ("suppress_alert", json!({"reason": "apple", "tags": ["apple"], "duration_minutes": 6000})),
            ("add_context", text.clone()),
            ("set_preference", json!({"key": "apple", "value": "v"})),
            ("remember", text),
            ("remind", json!({"goal": "apple", "source": "s", "tags": []})),
            ("register_schema", schema),
            ("create_record", record),
        ] {
            session.call(tool, arguments).await;
        }

        let mut types = column(&session, "search", json!({"query": "Apple"}), "type").await;
        types.sort_by_key(ToString::to_string);
        assert_eq!(types, ["alert", "context", "intention", "note", "pattern", "preference", "record", "schema", "status"]);
        let suppressions = json!({"query": "apple", "entry_type": "suppression"});
        assert_eq!(listed(&session, "search", suppressions).await.len(), 1);
        product.clock.advance(TimeDelta::days(1));
        let contexts = |all: bool| json!({"query": "apple", "entry_type": "context", "include_expired": all});
        assert!(found(&session, contexts(false)).await.is_empty());
        assert_eq!(found(&session, contexts(true)).await, ["apple"]);
        stop(product).await;
    }

    async fn words_are_those_the_entry_has_now(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "apple", &[]).await;
        session.call("update_entry", json!({"entry_id": id, "description": "pear", "content": "with cream"})).await;

        for (query, words) in [("apple", json!([])), ("PEAR cream", json!(["pear", "cream"])), ("cream", json!(["cream"]))] {
            let hits = listed(&session, "search", json!({"query": query, "explain": true})).await;
            assert_eq!(hits[0]["explanation"]["matched_words"], words, "{query}");
        }
        session.call("delete_entry", json!({"entry_id": id})).await;
        assert!(found(&session, json!({"query": "pear"})).await.is_empty());
        session.call("restore_entry", json!({"entry_id": id})).await;
        assert_eq!(found(&session, json!({"query": "pear"})).await, ["pear"]);
        stop(product).await;
    }

    async fn any_text_may_be_searched_for(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "apple 100% O'Brien", &[]).await;
        let long = (0..5000).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");

        for query in ["", "   ", "—", "%", "_", "\"", "'", "*", "()", "\u{1F331}"] {
            let page = session.call("search", json!({"query": query})).await;
            assert_eq!((&page["entries"], &page["has_more"]), (&json!([]), &json!(false)), "{query}");
        }
        for query in ["\"apple\"", "apple*", "apple & (100%)", "O'Brien:*", "a%e", "appl_", &long] {
            session.call("search", json!({"query": query})).await;
        }
        stop(product).await;
    }

    async fn only_ones_own_hits_are_found_and_logged_as_read(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        remember(&ann, "apple secret", &[]).await;
        let hit = id_of(&ann.call("remember", json!({"source": "s", "description": "apple", "tags": []})).await);

        assert!(found(&bob, json!({"query": "apple"})).await.is_empty());
        for tool in BOTH_NAMES {
            let page = ann.call(tool, json!({"query": "apple", "limit": 1})).await;
            assert_eq!((&page["entries"][0]["id"], &page["has_more"]), (&json!(hit), &json!(true)));
        }

        let reads = listed(&ann, "get_reads", json!({})).await;
        let logged: Vec<_> = reads.iter().map(|read| (&read["entry_id"], &read["tool_used"])).collect();
        assert_eq!(logged, [(&json!(hit), &json!("search")); 2]);
        assert!(listed(&bob, "get_reads", json!({})).await.is_empty());
        stop(product).await;
    }

    async fn the_old_name_answers_as_the_new(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..4 {
            remember(&session, &format!("apple {number}"), &["t"]).await;
        }

        for arguments in [
            json!({"query": "apple", "limit": 2, "offset": 1}),
            json!({"query": "apple", "mode": "list", "tags": ["t"], "max_tokens": 100}),
            json!({"query": "none"}),
        ] {
            let replies = [session.call("search", arguments.clone()).await, session.call("semantic_search", arguments).await];
            assert_eq!(replies[0], replies[1]);
        }
        let bad = json!({"query": "apple", "entry_type": "notes"});
        assert_eq!(session.refused("search", bad.clone()).await, session.refused("semantic_search", bad).await);
        stop(product).await;
    }

    async fn without_a_provider_nothing_is_embedded_and_the_caller_is_told(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for arguments in [json!({}), json!({"limit": "5"}), json!({"limit": 0}), json!({"limit": 1000})] {
            let done = session.call("backfill_embeddings", arguments).await;
            let nothing = json!({"status": "ok", "new_embeddings": 0, "refreshed_embeddings": 0, "remaining": 0});
            assert_eq!(done, nothing);
        }
        for limit in [-1, 1001, i64::MIN] {
            let error = session.refused("backfill_embeddings", json!({"limit": limit})).await;
            assert_eq!((&error["param"], &error["value"]), (&json!("limit"), &json!(limit)));
        }
        stop(product).await;
    }

    async fn a_row_that_does_not_read_costs_nobody_the_others(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for name in ["good", "strange", "torn"] {
            remember(&session, &format!("apple {name}"), &[]).await;
        }
        let raw = database.connect().await;
        if raw.is_postgres() {
            raw.run(
                "DO $$ DECLARE one RECORD; BEGIN
                     FOR one IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
                         WHERE contype = 'c' AND conrelid IN ('entries'::regclass, 'embeddings'::regclass) LOOP
                         EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.place, one.conname);
                     END LOOP;
                 END $$",
            )
            .await;
        } else {
            raw.run("PRAGMA ignore_check_constraints = ON").await;
            // Postgres lets no time be none.
            remember(&session, "apple ageless", &[]).await;
            let ageless = "data ->> 'description' = 'apple ageless'";
            raw.run(&format!("UPDATE entries SET created = 'yesterday' WHERE {ageless}")).await;
        }
        let named = |name: &str| format!("(SELECT id FROM entries WHERE data ->> 'description' = 'apple {name}')");
        raw.run(&format!("UPDATE embeddings SET dimensions = 3 WHERE entry_id = {}", named("torn"))).await;
        raw.run(&format!("UPDATE entries SET type = 'poem' WHERE id = {}", named("strange"))).await;

        assert_eq!(found(&session, json!({"query": "apple"})).await, ["apple good", "apple torn"]);
        let hits = listed(&session, "search", json!({"query": "apple", "explain": true})).await;
        let torn = hits.iter().find(|hit| hit["data"]["description"] == "apple torn").unwrap();
        assert_eq!(torn["explanation"]["meaning_rank"], Value::Null, "it is found by words alone");
        remember(&session, "apple new", &[]).await;
        assert_eq!(found(&session, json!({"query": "apple"})).await, ["apple good", "apple new", "apple torn"]);
        stop(product).await;
    }
}
