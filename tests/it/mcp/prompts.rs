//! Prompts: the five of the server's own, and those an owner keeps.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{id_of, stop};
use crate::support::{Database, Product, Session, both_databases, protocol_error};

async fn note(
    session: &Session,
    source: &str,
    tags: &[&str],
    description: &str,
    more: Value,
) -> String {
    let mut note = json!({"source": source, "tags": tags, "description": description});
    note.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());

    id_of(&session.call("remember", note).await)
}

/// Keeps a prompt under a key.
async fn keep(session: &Session, key: &str, content: &str) -> String {
    let more = json!({"logical_key": key, "content": content});

    note(session, "custom-prompt", &[], "A prompt of my own", more).await
}

async fn names(session: &Session) -> Vec<String> {
    let prompts = session.client().list_all_prompts().await.unwrap();

    prompts.into_iter().map(|prompt| prompt.name).collect()
}

/// A page that came by itself is not searched for what should come first; this tells where each text stands.
fn in_order(text: &str, parts: &[&str]) -> bool {
    let places: Vec<_> = parts.iter().map(|part| text.find(part)).collect();

    places.iter().all(Option::is_some) && places.is_sorted()
}

both_databases! {
    async fn five_prompts_are_built_in(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let prompts = session.client().list_all_prompts().await.unwrap();
        let told: Vec<_> = prompts
            .iter()
            .map(|prompt| {
                let arguments = prompt.arguments.iter().flatten();
                let arguments: Vec<_> = arguments.map(|one| (one.name.as_str(), one.required.unwrap())).collect();
                (prompt.name.as_str(), arguments)
            })
            .collect();
        assert_eq!(told, [
            ("agent_instructions", vec![]),
            ("catchup", vec![("hours", false)]),
            ("project_context", vec![("repo_name", true)]),
            ("system_status", vec![("source", true)]),
            ("write_guide", vec![]),
        ]);
        for prompt in prompts {
            let result = session.get_prompt(&prompt.name, json!({"repo_name": "r", "source": "s"})).await.unwrap();
            assert_eq!(result["description"], prompt.description.unwrap().as_str());
            assert_eq!(result["messages"].as_array().unwrap().len(), 1);
            assert_eq!(result["messages"][0]["role"], "user");
            assert_eq!(result["messages"][0]["content"]["type"], "text");
        }
        stop(product).await;
    }

    async fn without_conventions_the_instructions_tell_how_to_add_them(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let text = session.prompt("agent_instructions", json!({})).await;
        for part in ["awareness-prompt", "memory-prompt", "remember"] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        stop(product).await;
    }

    async fn conventions_come_in_the_order_of_their_numbers(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let tag = &["memory-prompt"][..];
        note(&session, "awareness-prompt", tag, "Be short, always.", json!({"content": "Even here."})).await;
        note(&session, "awareness-prompt", tag, "Awareness prompt Entry 3 (Tags): Use few.\nUse old ones.", json!({})).await;
        note(&session, "elsewhere", tag, "Awareness prompt Entry 1 (Sources): One per system.", json!({})).await;
        note(&session, "awareness-prompt", &["other"], "Not a convention", json!({})).await;

        let text = session.prompt("agent_instructions", json!({})).await;
        let parts = ["Sources\n", "One per system.", "Tags\n", "Use few.\nUse old ones.", "Be short, always.", "Even here."];
        assert!(in_order(&text, &parts), "{text}");
        assert!(!text.contains("Not a convention"));
        assert!(!text.contains("Awareness prompt Entry"), "the heading is the name alone: {text}");
        stop(product).await;
    }

    async fn a_project_is_told_by_its_tag(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let nothing = session.prompt("project_context", json!({"repo_name": "greenhouse"})).await;
        assert!(nothing.contains("greenhouse") && nothing.lines().count() == 1, "{nothing}");

        note(&session, "garden", &["greenhouse"], &"x".repeat(250), json!({})).await;
        note(&session, "garden", &["other"], "elsewhere", json!({})).await;
        let pattern = json!({
            "source": "garden", "tags": ["greenhouse"], "description": "Frost follows clear nights", "conditions": {},
            "effect": "frost",
        });
        session.call("learn_pattern", pattern).await;
        let alert = json!({
            "source": "boiler", "tags": ["greenhouse"], "alert_id": "a", "level": "critical", "alert_type": "threshold",
            "message": "Too cold",
        });
        session.call("report_alert", alert).await;

        let text = session.prompt("project_context", json!({"repo_name": "greenhouse"})).await;
        let cut = format!("{}...", "x".repeat(200));
        let parts = ["greenhouse", "Alerts (1)", "critical", "Too cold", "pattern (1)", "Frost follows", "note (1)", cut.as_str()];
        assert!(in_order(&text, &parts), "{text}");
        assert!(!text.contains(&"x".repeat(201)) && !text.contains("elsewhere"), "{text}");
        stop(product).await;
    }

    async fn a_system_is_told_with_its_patterns(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let pattern = |source: &str, description: &str| json!({
            "source": source, "tags": [], "description": description, "conditions": {"hour_range": [1, 3]}, "effect": "load",
        });
        session.call("learn_pattern", pattern("boiler", "Backups run at night")).await;
        session.call("learn_pattern", pattern("", "Everything is slow at night")).await;
        session.call("learn_pattern", pattern("cellar", "Elsewhere")).await;
        let nothing = session.prompt("system_status", json!({"source": "boiler"})).await;
        assert!(nothing.contains("boiler") && nothing.lines().count() == 1, "{nothing}");

        let status = json!({
            "source": "boiler", "tags": [], "metrics": {"load": 0.5, "disk": {"free": 7}}, "inventory": {}, "ttl_sec": 60,
        });
        session.call("report_status", status).await;
        let alert = json!({
            "source": "boiler", "tags": [], "alert_id": "a", "level": "warning", "alert_type": "threshold", "message": "Hot",
        });
        session.call("report_alert", alert).await;

        let text = session.prompt("system_status", json!({"source": "boiler"})).await;
        let parts = [
            "boiler", r#"disk: {"free":7}"#, "load: 0.5", "2031-02-03", "Alerts (1)", "warning", "Hot", "Patterns (2)",
        ];
        assert!(in_order(&text, &parts), "{text}");
        for part in ["Backups run at night", "Everything is slow", r#"{"hour_range":[1,3]}"#] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(!text.contains("Elsewhere") && !text.contains("Stale"), "{text}");
        product.clock.advance(TimeDelta::seconds(61));
        let text = session.prompt("system_status", json!({"source": "boiler"})).await;
        assert!(text.contains("Stale"), "{text}");
        stop(product).await;
    }

    async fn the_guide_to_writing_lists_what_is_in_use(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..35 {
            note(&session, "garden", &[&format!("tag-{number:02}"), "common"], "n", json!({})).await;
        }
        session.call("add_context", json!({"source": "attic", "description": "c", "tags": []})).await;

        let text = session.prompt("write_guide", json!({})).await;
        let parts = ["36 entries", "`attic`", "`garden`", "Tags (36)", "`common` (35)", "`tag-00` (1)", "and 6 more"];
        assert!(in_order(&text, &parts), "{text}");
        for part in ["note: 35", "context: 1", "logical_key", "learn_pattern", "add_context", "set_preference"] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(!text.contains("`tag-29`") && !text.contains("pattern: 0"), "{text}");
        stop(product).await;
    }

    async fn what_changed_is_told_by_source(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let old = note(&session, "attic", &[], "Old, and updated", json!({})).await;
        note(&session, "attic", &[], "Old, and left alone", json!({})).await;
        product.clock.advance(TimeDelta::hours(30));
        let nothing = session.prompt("catchup", json!({})).await;
        assert!(nothing.contains("24 hours") && nothing.lines().count() == 1, "{nothing}");

        note(&session, "garden", &[], &"x".repeat(200), json!({})).await;
        session.call("update_entry", json!({"entry_id": old, "tags": ["changed"]})).await;
        let alert = json!({
            "source": "boiler", "tags": [], "alert_id": "a", "level": "warning", "alert_type": "threshold", "message": "Hot",
        });
        session.call("report_alert", alert).await;

        let text = session.prompt("catchup", json!({})).await;
        let cut = format!("{}... [new]", "x".repeat(150));
        let parts = [
            "24 hours", "Alerts (1)", "warning in boiler: Hot", "Knowledge (2)", "attic (1)", "Old, and updated [updated]",
            "garden (1)", cut.as_str(),
        ];
        assert!(in_order(&text, &parts), "{text}");
        assert!(!text.contains("left alone"), "{text}");
        assert!(session.prompt("catchup", json!({"hours": "48"})).await.contains("left alone"));
        stop(product).await;
    }

    async fn bad_arguments_are_errors_of_the_protocol(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        keep(&session, "greet", "Hello {{name}} and {{other}}").await;

        for (name, arguments, named) in [
            ("catchup", json!({"hours": "abc"}), "hours"),
            ("catchup", json!({"hours": "-3"}), "hours"),
            ("project_context", json!({}), "repo_name"),
            ("system_status", json!({"repo_name": "x"}), "source"),
            ("user/greet", json!({"name": "Ann"}), "other"),
            ("user/nothing", json!({}), "user/nothing"),
            ("nothing", json!({}), "nothing"),
        ] {
            let (code, message) = protocol_error(session.get_prompt(name, arguments).await);
            assert_eq!(code, -32602, "{name}: {message}");
            assert!(message.contains(named), "{name}: {message}");
        }
        stop(product).await;
    }

    async fn an_entry_becomes_a_prompt_at_once_and_ends_with_it(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let by_key = keep(&session, "handover", "Summarise {{area}} for {{person}}; mention {{area}} alerts; leave {{ this }}.").await;
        let by_id = note(&session, "custom-prompt", &[], "Say hello to {{name}}", json!({})).await;

        let prompts = session.client().list_all_prompts().await.unwrap();
        let handover = prompts.iter().find(|prompt| prompt.name == "user/handover").unwrap();
        assert_eq!(handover.description.as_deref(), Some("A prompt of my own"));
        let arguments: Vec<_> = handover.arguments.iter().flatten().map(|one| (one.name.as_str(), one.required)).collect();
        assert_eq!(arguments, [("area", Some(true)), ("person", Some(true))]);

        let values = json!({"area": "garden {{person}}", "person": "Bob", "extra": "ignored"});
        assert_eq!(
            session.prompt("user/handover", values).await,
            "Summarise garden {{person}} for Bob; mention garden {{person}} alerts; leave {{ this }}."
        );
        assert_eq!(session.prompt(&format!("user/{by_id}"), json!({"name": "Ann"})).await, "Say hello to Ann");

        session.call("update_entry", json!({"entry_id": by_key, "content": "Changed"})).await;
        assert_eq!(session.prompt("user/handover", json!({})).await, "Changed");
        session.call("delete_entry", json!({"entry_id": by_key})).await;
        assert!(!names(&session).await.contains(&"user/handover".to_owned()));
        assert_eq!(protocol_error(session.get_prompt("user/handover", json!({})).await).0, -32602);
        session.call("restore_entry", json!({"entry_id": by_key})).await;
        assert!(names(&session).await.contains(&"user/handover".to_owned()));
        stop(product).await;
    }

    async fn names_of_prompts_are_safe_and_bounded(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        keep(&session, "my prompt/größe", "odd").await;
        keep(&session, &"k".repeat(300), "long").await;

        assert_eq!(names(&session).await.iter().filter(|name| name.starts_with("user/")).count(), 1);
        assert_eq!(session.prompt("user/my%20prompt%2Fgr%C3%B6%C3%9Fe", json!({})).await, "odd");
        stop(product).await;
    }

    async fn an_owner_sees_their_own_prompts_alone(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        keep(&ann, "secret", "Ann's secret").await;
        keep(&bob, "other", "Bob's").await;

        assert!(names(&ann).await.contains(&"user/secret".to_owned()));
        assert!(!names(&ann).await.contains(&"user/other".to_owned()));
        assert!(!names(&bob).await.contains(&"user/secret".to_owned()));
        assert_eq!(protocol_error(bob.get_prompt("user/secret", json!({})).await).0, -32602);
        stop(product).await;
    }

    async fn many_prompts_are_listed_in_parts(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..120 {
            keep(&session, &format!("p{number:03}"), "text").await;
        }

        let first = session.client().list_prompts(None).await.unwrap();
        assert_eq!(first.prompts.len(), 100);
        assert!(first.next_cursor.is_some());
        let all = names(&session).await;
        assert_eq!(all.len(), 125);
        assert!(all.is_sorted());
        let cursor = rmcp::model::PaginatedRequestParams::default().with_cursor(Some("nonsense".to_owned()));
        assert_eq!(protocol_error(session.client().list_prompts(Some(cursor)).await).0, -32602);
        stop(product).await;
    }
}
