//! Arguments as clients send them, and refusals they can act on.

use rmcp::ServiceError;
use rmcp::model::{CallToolRequestParams, ErrorCode};
use serde_json::{Value, json};

use super::{descriptions, entry, id_of, knowledge, remember, stop};
use crate::support::{Database, Product, both_databases};

/// A text that must not come back.
const SENTINEL: &str = "sentinel-7f3a";

both_databases! {
    async fn a_missing_argument_is_named(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let error = session.refused("remember", json!({"source": "s", "description": "d"})).await;

        assert_eq!(error["code"], "invalid_parameter");
        assert_eq!(error["param"], "tags");
        assert_eq!(error["retryable"], false);
        assert!(error.get("value").is_none());
        stop(product).await;
    }

    async fn unknown_names_are_ignored_and_null_is_not_given(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let reply = session
            .call("remember", json!({"source": "s", "description": "d", "tags": [], "color": "red", "logical_key": null}))
            .await;

        assert!(reply.get("action").is_none());
        stop(product).await;
    }

    async fn numbers_truths_and_lists_may_come_as_text(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..6 {
            session
                .call("remember", json!({"source": "s", "description": format!("d{number}"), "tags": "[\"a\", \"b\"]"}))
                .await;
        }

        for limit in [json!("5"), json!(5.0), json!(5)] {
            let page = session.call("get_knowledge", json!({"limit": limit, "tags": "[\"a\"]"})).await;
            assert_eq!(page["entries"].as_array().unwrap().len(), 5);
            assert_eq!(page["has_more"], true);
        }
        let dry = session.call("delete_entry", json!({"tags": ["b"], "confirm": "false"})).await;
        assert_eq!(dry["would_trash"], 6);
        for limit in [json!(5.5), json!("five"), json!([5])] {
            let error = session.refused("get_knowledge", json!({"limit": limit})).await;
            assert_eq!((&error["param"], &error["value"]), (&json!("limit"), &limit));
        }
        stop(product).await;
    }

    async fn pages_are_checked_everywhere(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for tool in ["get_knowledge", "get_deleted"] {
            for (arguments, param) in [
                (json!({"limit": -1, "offset": -1}), "limit"),
                (json!({"offset": -1}), "offset"),
                (json!({"limit": 1001}), "limit"),
                (json!({"limit": 9_223_372_036_854_775_807_i64}), "limit"),
            ] {
                let error = session.refused(tool, arguments).await;
                assert_eq!(error["param"], param, "{tool}");
            }
            let page = session.call(tool, json!({"limit": 0})).await;
            assert_eq!(page, json!({"entries": [], "limit": 0, "offset": 0, "has_more": false, "owner_scope": "own"}));
        }
        remember(&session, "one", &[]).await;
        let page = session.call("get_knowledge", json!({"limit": 0})).await;
        assert_eq!(page["has_more"], true);
        stop(product).await;
    }

    async fn a_word_that_is_not_one_of_the_set_gets_the_nearest(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let refused = async |value: &str| session.refused("get_knowledge", json!({"entry_type": value})).await;

        let notes = refused("notes").await;
        assert_eq!(notes["suggestion"], "note");
        assert_eq!(notes["value"], "notes");
        let valid: Vec<_> = notes["valid"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert!(valid.is_sorted() && valid.len() == 10, "{valid:?}");
        assert!(notes["message"].as_str().unwrap().contains("note"));
        assert_eq!(refused("Note").await["suggestion"], "note");
        assert!(refused("nonsense").await.get("suggestion").is_none());
        assert_eq!(session.refused("get_knowledge", json!({"mode": "LIST"})).await["suggestion"], "list");
        assert_eq!(session.refused("get_knowledge", json!({"include_history": "yes"})).await["param"], "include_history");
        stop(product).await;
    }

    async fn every_time_is_checked_and_the_empty_one_too(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for (tool, param) in [
            ("get_knowledge", "since"), ("get_knowledge", "until"), ("get_knowledge", "created_after"),
            ("get_knowledge", "created_before"), ("get_deleted", "since"),
        ] {
            for value in ["", "yesterday", "2031-13-01"] {
                let error = session.refused(tool, json!({param: value})).await;
                assert_eq!((&error["param"], &error["value"]), (&json!(param), &json!(value)));
                assert!(error["help_url"].as_str().unwrap().starts_with("https://"));
            }
        }
        stop(product).await;
    }

    async fn filters_are_checked_in_the_known_order(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let order = ["limit", "offset", "since", "until", "created_after", "created_before", "entry_type", "language"];
        let bad = |param: &str| match param {
            "limit" | "offset" => json!(-1),
            _ => json!("nonsense"),
        };

        for first in 0..order.len() {
            let arguments: serde_json::Map<String, Value> =
                order[first..].iter().map(|param| ((*param).to_owned(), bad(param))).collect();
            let error = session.refused("get_knowledge", arguments.into()).await;
            assert_eq!(error["param"], order[first]);
        }
        stop(product).await;
    }

    async fn an_unknown_language_is_refused_everywhere_and_simple_can_be_forced(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let note = |language: &str| {
            json!({
                "source": "s", "tags": [], "language": language,
                "description": "The boiler in the basement was replaced by a heat pump last winter.",
            })
        };

        let forced = id_of(&session.call("remember", note("simple")).await);
        let french = id_of(&session.call("remember", note(" FR ")).await);
        let detected = id_of(&session.call("remember", note("")).await);
        for (tool, arguments) in [
            ("remember", note("xx")),
            ("learn_pattern", note("xx")),
            ("add_context", note("klingon")),
            ("get_knowledge", json!({"language": "xx"})),
            ("update_entry", json!({"entry_id": forced, "language": "xx"})),
        ] {
            assert_eq!(session.refused(tool, arguments).await["param"], "language", "{tool}");
        }

        assert!(entry(&session, &forced).await.get("language").is_none());
        assert_eq!(entry(&session, &french).await["language"], "french");
        assert_eq!(entry(&session, &detected).await["language"], "english");
        assert_eq!(knowledge(&session, json!({"language": "fr"})).await.len(), 1);
        assert_eq!(knowledge(&session, json!({"language": "simple"})).await.len(), 1);
        assert_eq!(knowledge(&session, json!({"language": ""})).await.len(), 3);
        stop(product).await;
    }

    async fn a_nul_character_is_refused_wherever_it_stands(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for (param, value) in [
            ("source", json!("a\0b")),
            ("tags", json!(["a\0b"])),
            ("content", json!({"deep": ["a\0b"]})),
        ] {
            let mut note = json!({"source": "s", "description": "d", "tags": []});
            note[param] = value;
            let error = session.refused("remember", note).await;
            assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!(param)));
        }
        assert!(descriptions(&session, json!({})).await.is_empty());
        stop(product).await;
    }

    async fn an_unknown_tool_is_an_error_of_the_protocol(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let error = session.client().call_tool(CallToolRequestParams::new("forget_everything")).await.unwrap_err();

        let ServiceError::McpError(error) = error else {
            panic!("{error:?}");
        };
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
        stop(product).await;
    }

    async fn no_write_answers_with_what_was_written(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &["t"]).await;

        for (tool, arguments) in [
            ("remember", json!({"source": SENTINEL, "description": SENTINEL, "tags": [SENTINEL], "content": SENTINEL,
                "content_type": SENTINEL, "learned_from": SENTINEL, "logical_key": SENTINEL, "related_ids": [SENTINEL]})),
            ("learn_pattern", json!({"source": SENTINEL, "description": SENTINEL, "tags": [SENTINEL], "effect": SENTINEL,
                "conditions": {SENTINEL: SENTINEL}})),
            ("add_context", json!({"source": SENTINEL, "description": SENTINEL, "tags": [SENTINEL]})),
            ("set_preference", json!({"key": "k", "value": SENTINEL})),
            ("update_entry", json!({"entry_id": id, "description": SENTINEL, "tags": [SENTINEL], "content": SENTINEL})),
        ] {
            let reply = session.call(tool, arguments).await;
            assert!(!reply.to_string().contains(SENTINEL), "{tool}: {reply}");
        }
        stop(product).await;
    }

    async fn quotes_placeholders_and_scripts_come_back_unchanged(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let odd = "O'Brien \"x\" {0} {} %s 100% $1 ?1 \\ '; DROP TABLE entries;-- 日本語 \u{1F331} \u{202e}";

        let reply = session
            .call("remember", json!({"source": odd, "description": odd, "tags": [odd], "content": odd, "logical_key": odd}))
            .await;

        let stored = entry(&session, &id_of(&reply)).await;
        assert_eq!(stored["source"], odd);
        assert_eq!(stored["tags"], json!([odd]));
        assert_eq!(stored["logical_key"], odd);
        assert_eq!(stored["data"]["description"], odd);
        assert_eq!(stored["data"]["content"], odd);
        assert_eq!(knowledge(&session, json!({"source": odd, "tags": [odd]})).await.len(), 1);
        stop(product).await;
    }
}
