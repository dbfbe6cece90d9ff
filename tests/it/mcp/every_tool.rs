//! What holds for every tool, whichever arguments it has: they are read off its input schema.

use std::collections::BTreeSet;

use rmcp::model::Tool;
use serde_json::{Value, json};

use super::stop;
use crate::support::{Database, Product, Session, both_databases};

/// Arguments that suffice for each tool, and the code of the refusal they lead to in an empty store.
const SUFFICIENT: [(&str, &str, Option<&str>); 32] = [
    (
        "acted_on",
        r#"{"entry_id": "unknown", "action": "a"}"#,
        Some("not_found"),
    ),
    (
        "add_context",
        r#"{"source": "s", "description": "d", "tags": []}"#,
        None,
    ),
    ("backfill_embeddings", "{}", None),
    (
        "create_record",
        r#"{"source": "s", "description": "d", "tags": [], "logical_key": "k", "schema_ref": "f", "schema_version": "9",
            "content": null}"#,
        Some("schema_not_found"),
    ),
    ("delete_entry", r#"{"source": "unknown"}"#, None),
    ("get_actions", "{}", None),
    ("get_activity", "{}", None),
    ("get_alerts", "{}", None),
    ("get_briefing", "{}", None),
    ("get_deleted", "{}", None),
    ("get_intentions", "{}", None),
    ("get_knowledge", "{}", None),
    ("get_reads", "{}", None),
    (
        "get_related",
        r#"{"entry_id": "unknown"}"#,
        Some("not_found"),
    ),
    ("get_stats", "{}", None),
    ("get_status", r#"{"source": "unknown"}"#, Some("not_found")),
    ("get_suppressions", "{}", None),
    ("get_tags", "{}", None),
    ("get_unread", "{}", None),
    (
        "learn_pattern",
        r#"{"source": "s", "description": "d", "tags": []}"#,
        None,
    ),
    (
        "register_schema",
        r#"{"source": "s", "description": "d", "tags": [], "family": "f", "version": "1", "schema": {}}"#,
        None,
    ),
    (
        "remember",
        r#"{"source": "s", "description": "d", "tags": []}"#,
        None,
    ),
    (
        "remind",
        r#"{"goal": "g", "source": "s", "tags": []}"#,
        None,
    ),
    (
        "report_alert",
        r#"{"source": "s", "tags": [], "alert_id": "a", "level": "warning", "alert_type": "baseline", "message": "m"}"#,
        None,
    ),
    (
        "report_status",
        r#"{"source": "s", "tags": [], "metrics": {}}"#,
        None,
    ),
    ("restore_entry", r#"{"entry_id": "unknown"}"#, None),
    ("search", r#"{"query": "q"}"#, None),
    ("semantic_search", r#"{"query": "q"}"#, None),
    ("set_preference", r#"{"key": "k", "value": "v"}"#, None),
    ("suppress_alert", "{}", None),
    (
        "update_entry",
        r#"{"entry_id": "unknown", "description": "d"}"#,
        Some("not_found"),
    ),
    (
        "update_intention",
        r#"{"entry_id": "unknown", "state": "snoozed"}"#,
        Some("not_found"),
    ),
];

/// A tool as its schema describes it, with arguments that suffice.
struct Described {
    name: &'static str,
    sufficient: Value,
    refusal: Option<&'static str>,
    tool: Tool,
}

impl Described {
    /// Every tool the server lists.
    async fn all(session: &Session) -> Vec<Self> {
        let tools = session.client().list_all_tools().await.unwrap();
        let listed: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(listed, SUFFICIENT.map(|(name, ..)| name));

        let described = SUFFICIENT.into_iter().zip(tools);
        described
            .map(|((name, sufficient, refusal), tool)| Self {
                name,
                sufficient: serde_json::from_str(sufficient).unwrap(),
                refusal,
                tool,
            })
            .collect()
    }

    /// The sufficient arguments and one more, or another.
    fn with(&self, argument: &str, value: Value) -> Value {
        let mut arguments = self.sufficient.clone();
        arguments[argument] = value;

        arguments
    }

    /// The names of its arguments with their types.
    fn arguments(&self) -> Vec<(String, Vec<String>)> {
        let properties = self
            .tool
            .input_schema
            .get("properties")
            .and_then(Value::as_object);
        let types = |property: &Value| match &property["type"] {
            Value::Array(types) => types
                .iter()
                .map(|one| one.as_str().unwrap().to_owned())
                .collect(),
            Value::String(one) => vec![one.clone()],
            _ => Vec::new(),
        };

        properties
            .into_iter()
            .flatten()
            .map(|(name, property)| (name.clone(), types(property)))
            .collect()
    }

    fn required(&self) -> Vec<String> {
        let required = self
            .tool
            .input_schema
            .get("required")
            .and_then(Value::as_array);

        required
            .into_iter()
            .flatten()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    }

    /// Calls it, and holds it to be refused with such a code, or not at all.
    async fn answers(&self, session: &Session, arguments: Value, refusal: Option<&str>) {
        match refusal {
            None => {
                session.call(self.name, arguments).await;
            }
            Some(code) => assert_eq!(
                session.refused(self.name, arguments).await["code"],
                code,
                "{}",
                self.name
            ),
        }
    }

    /// Calls it with a value that one of its arguments must not have.
    async fn refuses(&self, session: &Session, argument: &str, value: Value) -> Value {
        let error = session
            .refused(self.name, self.with(argument, value.clone()))
            .await;
        let name = self.name;
        assert_eq!(
            (&error["code"], &error["retryable"]),
            (&json!("invalid_parameter"), &json!(false)),
            "{name} {argument} {value}"
        );
        assert_eq!(error["param"], argument, "{name} {argument} {value}");

        error
    }
}

both_databases! {
    async fn what_is_not_known_or_null_is_as_if_it_were_not_there(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for tool in Described::all(&session).await {
            let mut arguments = tool.with("color", json!({"red": [1, "\0"]}));
            for (name, _) in tool.arguments() {
                if arguments.get(&name).is_none() {
                    arguments[name] = Value::Null;
                }
            }
            tool.answers(&session, arguments, tool.refusal).await;
        }
        stop(product).await;
    }

    async fn every_missing_argument_is_named(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for tool in Described::all(&session).await {
            for name in tool.required() {
                let mut arguments = tool.sufficient.clone();
                arguments.as_object_mut().unwrap().remove(&name);
                let error = session.refused(tool.name, arguments).await;
                assert_eq!((&error["code"], &error["param"]), (&json!("invalid_parameter"), &json!(name)), "{}", tool.name);
                assert!(error.get("value").is_none());
            }
        }
        stop(product).await;
    }

    async fn a_value_of_another_type_or_with_a_nul_character_is_refused(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for tool in Described::all(&session).await {
            for (name, types) in tool.arguments() {
                let types: Vec<_> = types.iter().map(String::as_str).collect();
                let wrong = match types.as_slice() {
                    [] | ["string", "object", "array", "number", "integer", "boolean"] => continue,
                    ["string"] => vec![json!(5), json!(true), json!(["a"]), json!({})],
                    ["integer"] => vec![json!("five"), json!(1.5), json!(1e300), json!(""), json!([1])],
                    ["number"] => vec![json!("five"), json!(true), json!([1])],
                    ["boolean"] => vec![json!("yes"), json!(1), json!("")],
                    ["array"] => vec![json!("a"), json!({}), json!([1]), json!(["a", null]), json!("[1]")],
                    ["object"] => vec![json!("a"), json!([]), json!("[]"), json!(1)],
                    ["string", "object", "array"] => vec![json!(1), json!(true)],
                    other => panic!("{} {name}: {other:?}", tool.name),
                };
                for value in wrong {
                    assert_eq!(tool.refuses(&session, &name, value.clone()).await["value"], value);
                }
                let nul = match types[0] {
                    "string" => json!("a\0b"),
                    "array" => json!(["a\0b"]),
                    "object" => json!({"a": {"b\0": 1}}),
                    _ => continue,
                };
                tool.refuses(&session, &name, nul).await;
            }
        }
        stop(product).await;
    }

    async fn every_time_is_checked_and_the_empty_one_too(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut checked = 0;

        for tool in Described::all(&session).await {
            for (name, _) in tool.arguments() {
                if !["since", "until", "created_after", "created_before", "deliver_at"].contains(&name.as_str()) {
                    continue;
                }
                checked += 1;
                for value in ["", "yesterday", "2031-13-01", " 2031-02-03", "1924963200"] {
                    let error = tool.refuses(&session, &name, json!(value)).await;
                    assert_eq!(error["value"], value);
                    assert!(error["help_url"].as_str().unwrap().starts_with("https://"));
                }
                for value in ["2031-02-03", "2031-02-03T04:05:06.5+05:30"] {
                    tool.answers(&session, tool.with(&name, json!(value)), tool.refusal).await;
                }
            }
        }
        assert_eq!(checked, 16);
        stop(product).await;
    }

    async fn every_word_of_a_fixed_set_is_checked(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut checked = BTreeSet::new();

        for tool in Described::all(&session).await {
            for (name, _) in tool.arguments() {
                let (almost, meant) = match (tool.name, name.as_str()) {
                    (_, "mode") => ("LIST", "list"),
                    (_, "entry_type") => ("Notes", "note"),
                    (_, "include_history") => ("only ", "only"),
                    (_, "level") => ("warn1ng", "warning"),
                    (_, "alert_type") => ("Threshold", "threshold"),
                    (_, "urgency") => ("hihg", "high"),
                    (_, "state") => ("canceled", "cancelled"),
                    _ => continue,
                };
                checked.insert(format!("{} {name}", tool.name));
                let error = tool.refuses(&session, &name, json!(almost)).await;
                assert_eq!((&error["value"], &error["suggestion"]), (&json!(almost), &json!(meant)));
                assert!(error["message"].as_str().unwrap().contains(meant));
                let valid = error["valid"].as_array().unwrap();
                assert!(valid.iter().map(|word| word.as_str().unwrap()).is_sorted() && valid.contains(&json!(meant)));
                let error = tool.refuses(&session, &name, json!("nothing of the kind")).await;
                assert!(error.get("suggestion").is_none());
                tool.answers(&session, tool.with(&name, json!(meant)), tool.refusal).await;
            }
        }
        assert_eq!(checked.len(), 18, "{checked:?}");
        stop(product).await;
    }

    async fn an_unknown_language_is_refused_by_every_tool(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut checked = 0;

        for tool in Described::all(&session).await {
            if !tool.arguments().iter().any(|(name, _)| name == "language") {
                continue;
            }
            checked += 1;
            for value in ["xx", "english", "e n"] {
                assert_eq!(tool.refuses(&session, "language", json!(value)).await["value"], value);
            }
            for value in ["simple", " FR ", ""] {
                let mut arguments = tool.with("language", json!(value));
                if tool.name == "register_schema" {
                    arguments["family"] = json!(format!("f {value}"));
                }
                tool.answers(&session, arguments, tool.refusal).await;
            }
        }
        assert_eq!(checked, 10);
        stop(product).await;
    }

    async fn every_page_has_bounds(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let mut checked = 0;

        for tool in Described::all(&session).await {
            let names: Vec<_> = tool.arguments().into_iter().map(|(name, _)| name).collect();
            let has = |name: &str| names.iter().any(|one| one == name);
            // Those that search bring a limit into its bounds.
            if !has("limit") || tool.name.contains("search") {
                continue;
            }
            checked += 1;
            for limit in [-1, -5, 1001, i64::MIN, i64::MAX] {
                assert_eq!(tool.refuses(&session, "limit", json!(limit)).await["value"], limit);
            }
            if tool.name == "backfill_embeddings" {
                continue;
            }
            assert!(has("offset"), "{}: what has more can be gone on with", tool.name);
            for offset in [-1, i64::MIN] {
                assert_eq!(tool.refuses(&session, "offset", json!(offset)).await["value"], offset);
            }
            let error = session.refused(tool.name, json!({"limit": -1, "offset": -1, "since": "x"})).await;
            assert_eq!(error["param"], "limit", "{}", tool.name);
            for (limit, offset) in [(0, 0), (1000, 0), (1, i64::MAX)] {
                let mut page = session.call(tool.name, json!({"limit": limit, "offset": offset})).await;
                page.as_object_mut().unwrap().remove("owner_scope");
                assert_eq!(page, json!({"entries": [], "limit": limit, "offset": offset, "has_more": false}), "{}", tool.name);
            }
        }
        assert_eq!(checked, 9);
        stop(product).await;
    }
}
