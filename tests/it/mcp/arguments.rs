//! Arguments as clients send them, and refusals they can act on.

use rmcp::ServiceError;
use rmcp::model::{CallToolRequestParams, ErrorCode};
use serde_json::{Value, json};

use super::{act, descriptions, entry, id_of, keys, knowledge, listed, remember, stop};
use crate::support::{Database, Kind, Product, both_databases};

/// A text that must not come back.
const SENTINEL: &str = "sentinel-7f3a";

both_databases! {
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

    async fn no_write_answers_with_more_than_the_handles_it_was_given(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &["t"]).await;
        let intention = id_of(&session.call("remind", json!({"goal": "g", "source": "s", "tags": []})).await);
        let text = json!({"source": SENTINEL, "description": SENTINEL, "tags": [SENTINEL], "content": SENTINEL,
            "content_type": SENTINEL, "learned_from": SENTINEL, "logical_key": SENTINEL, "related_ids": [SENTINEL],
            "goal": SENTINEL, "constraints": SENTINEL, "recurrence": SENTINEL, "effect": SENTINEL,
            "conditions": {SENTINEL: SENTINEL}, "metrics": {SENTINEL: SENTINEL}, "inventory": {SENTINEL: [SENTINEL]},
            "message": SENTINEL, "details": {SENTINEL: SENTINEL}, "diagnostics": {SENTINEL: SENTINEL}, "metric": SENTINEL,
            "reason": SENTINEL, "value": SENTINEL, "schema": {"title": SENTINEL}, "detail": SENTINEL, "platform": SENTINEL});

        for (tool, handles, keys_of_reply) in [
            ("report_status", json!({"source": "h"}), "id source status"),
            ("report_alert", json!({"alert_id": "h", "level": "warning", "alert_type": "baseline"}), "action alert_id id status"),
            ("learn_pattern", json!({}), "id status"),
            ("remember", json!({}), "action id status"),
            ("remember", json!({"logical_key": null}), "id status"),
            ("register_schema", json!({"family": "h", "version": "1"}), "id logical_key status"),
            ("create_record", json!({"schema_ref": "h", "schema_version": "1", "source": "h"}), "action id status"),
            ("update_entry", json!({"entry_id": id, "source": "h"}), "id status updated"),
            ("suppress_alert", json!({}), "expires id status"),
            ("add_context", json!({}), "expires id status"),
            ("set_preference", json!({"key": "h", "scope": "i"}), "id key scope status"),
            ("remind", json!({}), "id state status"),
            ("update_intention", json!({"entry_id": intention, "state": "active"}), "id status"),
            ("acted_on", json!({"entry_id": id, "action": "h"}), "action entry_id id status timestamp"),
            ("delete_entry", json!({"entry_id": id}), "entry_id note recoverable_days status"),
            ("restore_entry", json!({"entry_id": id}), "entry_id restored status"),
            ("delete_entry", json!({"source": "h", "tags": null}), "entry_type message source status would_trash"),
            ("delete_entry", json!({"tags": ["h"], "confirm": true}), "recoverable_days status tags trashed"),
            ("restore_entry", json!({"tags": ["h"]}), "restored status tags"),
        ] {
            let mut arguments = text.clone();
            arguments.as_object_mut().unwrap().extend(handles.as_object().unwrap().clone());
            let reply = session.call(tool, arguments).await;
            assert!(!reply.to_string().contains(SENTINEL), "{tool}: {reply}");
            assert_eq!(keys(&reply), keys_of_reply, "{tool}");
        }
        stop(product).await;
    }

    async fn times_are_told_in_utc_wherever_caller_and_database_are(database: Database) {
        if database.kind() == Kind::Postgres {
            database.as_superuser("ALTER DATABASE {name} SET timezone TO 'Asia/Kolkata'").await;
        }
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;
        let reminder = json!({"goal": "g", "source": "s", "tags": [], "deliver_at": "2031-03-01T00:00:00+05:30"});
        session.call("remind", reminder).await;
        session.call("add_context", json!({"source": "s", "description": "d", "tags": []})).await;
        session.call("update_entry", json!({"entry_id": id, "description": "e"})).await;
        act(&session, &id, "a").await;

        let mut told = Vec::new();
        for (tool, arguments) in [
            ("get_knowledge", json!({"include_history": "true"})), ("get_knowledge", json!({"mode": "list"})),
            ("get_intentions", json!({})), ("get_reads", json!({})), ("get_actions", json!({})), ("get_activity", json!({})),
            ("get_unread", json!({"since": "2031-02-04"})), ("search", json!({"query": "e"})),
        ] {
            let reply = session.call(tool, arguments).await.to_string();
            let times = reply.split('"').filter(|part| part.starts_with("2031-")).map(str::to_owned);
            let before = told.len();
            told.extend(times);
            assert!(told.len() > before, "{tool}: {reply}");
        }

        assert!(told.iter().all(|time| time.ends_with("+00:00")), "{told:?}");
        assert!(told.contains(&"2031-02-28T18:30:00+00:00".to_owned()), "{told:?}");
        assert!(told.contains(&"2031-02-03T04:05:06.001000+00:00".to_owned()), "{told:?}");
        stop(product).await;
    }

    async fn any_number_of_tags_may_be_asked_for(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let tags: Vec<_> = (0..2000).map(|number| format!("t{number}")).collect();
        let all: Vec<_> = tags.iter().map(String::as_str).collect();
        let id = remember(&session, "many", &all).await;
        remember(&session, "one less", &all[1..]).await;
        act(&session, &id, "a").await;

        for count in [1, 4, 5, 6, 100, 2000] {
            let asked = json!({"tags": all[..count]});
            assert_eq!(descriptions(&session, asked.clone()).await, ["many"], "{count}");
            assert_eq!(session.call("delete_entry", asked.clone()).await["would_trash"], 1, "{count}");
            assert_eq!(listed(&session, "get_actions", asked).await.len(), 1, "{count}");
            let mut more = all[..count].to_vec();
            more.push("T0");
            assert!(descriptions(&session, json!({"tags": more})).await.is_empty(), "{count}");
            assert!(listed(&session, "get_actions", json!({"tags": more})).await.is_empty(), "{count}");
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
