//! Everything that can be asked of a server, with the ids and names of someone else's entries.
//!
//! A new tool gets rows here, with each of its arguments at least once; resources, prompts and completions are taken from
//! the server's own lists.

use serde_json::{Map, Value, json};

/// A request: the method, and its parameters.
pub(super) type Question = (&'static str, Value);

const TYPES: [&str; 10] = [
    "status",
    "alert",
    "pattern",
    "suppression",
    "context",
    "preference",
    "note",
    "intention",
    "schema",
    "record",
];

fn call(tool: &str, arguments: Value) -> Question {
    ("tools/call", json!({"name": tool, "arguments": arguments}))
}

/// Calls that look for what another has.
pub(super) fn looking(handle: &str, ids: &[String]) -> Vec<Question> {
    let long_ago = "2001-01-01";
    let far_away = "2999-01-01";
    let mut questions: Vec<Question> = [
        ("get_briefing", json!({})),
        ("get_alerts", json!({"limit": 0})),
        ("get_alerts", json!({"source": handle, "since": long_ago, "mode": "full", "limit": 9, "offset": 0, "max_tokens": 99})),
        ("get_status", json!({"source": handle})),
        ("get_suppressions", json!({})),
        ("get_knowledge", json!({"limit": 0})),
        ("get_knowledge", json!({"mode": "list", "hint": "boiler pressure"})),
        ("get_knowledge", json!({"source": handle, "tags": [handle], "include_history": "only"})),
        ("get_knowledge", json!({"learned_from": handle, "created_after": long_ago, "created_before": far_away})),
        ("get_knowledge", json!({"since": long_ago, "until": far_away, "limit": 2, "offset": 1, "max_tokens": 99})),
        ("get_knowledge", json!({"language": "en", "include_expired": true})),
        ("get_stats", json!({})),
        ("get_tags", json!({})),
        ("get_deleted", json!({})),
        ("get_deleted", json!({"since": long_ago, "mode": "list", "limit": 1, "offset": 1, "max_tokens": 99})),
        ("get_reads", json!({"since": long_ago, "platform": handle, "limit": 9, "offset": 0})),
        ("get_reads", json!({})),
        ("get_actions", json!({"since": long_ago, "platform": handle, "tags": [handle], "limit": 9, "offset": 0})),
        ("get_actions", json!({})),
        ("get_unread", json!({})),
        ("get_unread", json!({"since": far_away, "limit": 9, "offset": 0})),
        ("get_activity", json!({})),
        ("get_activity", json!({"since": long_ago, "platform": handle, "limit": 9, "offset": 1})),
        ("get_intentions", json!({"source": handle, "tags": [handle], "mode": "list", "limit": 9, "offset": 0})),
        ("get_intentions", json!({"state": "snoozed", "max_tokens": 99})),
        ("backfill_embeddings", json!({"limit": 9})),
    ]
    .map(|(tool, arguments)| call(tool, arguments))
    .to_vec();

    for entry_type in TYPES {
        let arguments =
            json!({"entry_type": entry_type, "include_expired": true, "include_history": "true"});
        questions.push(call("get_knowledge", arguments));
    }
    for tool in ["search", "semantic_search"] {
        questions.push(call(
            tool,
            json!({"query": "boiler pressure", "limit": 100, "explain": true}),
        ));
        questions.push(call(
            tool,
            json!({"query": handle, "mode": "list", "max_tokens": 99, "offset": 1}),
        ));
        questions.push(call(tool, json!({
            "query": "boiler", "source": handle, "tags": [handle], "entry_type": "note", "since": long_ago, "until": far_away,
            "language": "en", "include_expired": true, "min_cosine": 0.1,
        })));
    }
    for id in ids {
        questions.extend([
            call("get_related", json!({"entry_id": id, "mode": "full"})),
            call("get_reads", json!({"entry_id": id})),
            call("get_actions", json!({"entry_id": id})),
        ]);
    }

    questions
}

/// Calls that change, or would, what another has.
pub(super) fn changing(handle: &str, ids: &[String]) -> Vec<Question> {
    let mut questions = Vec::new();
    for id in ids {
        questions.extend([
            call("update_entry", json!({"entry_id": id, "description": "of bob", "tags": ["of bob"]})),
            call("update_entry", json!({"entry_id": id, "source": "of bob", "content": {"of": "bob"}})),
            call("update_entry", json!({"entry_id": id, "content_type": "of/bob", "language": "en", "related_ids": [id]})),
            call("update_intention", json!({"entry_id": id, "state": "completed", "reason": "of bob"})),
            call("update_intention", json!({"entry_id": id, "state": "snoozed", "deliver_at": "2998-01-01"})),
            call("acted_on", json!({"entry_id": id, "action": "a", "platform": "p", "detail": "d", "tags": ["t"]})),
            call("restore_entry", json!({"entry_id": id})),
            call("delete_entry", json!({"entry_id": id})),
        ]);
    }
    questions.extend(removing(handle));
    questions.extend(storing(handle, ids));
    // Once more, now that there are entries of the caller's own under the same names.
    questions.extend(removing(handle));
    questions.extend(storing(handle, ids));

    questions
}

fn removing(handle: &str) -> Vec<Question> {
    let mut targets = vec![
        json!({"tags": [handle]}),
        json!({"source": handle}),
        json!({"source": "custom-prompt", "entry_type": "note"}),
        json!({"entry_type": "suppression"}),
    ];
    targets.extend(TYPES.map(|entry_type| json!({"source": handle, "entry_type": entry_type})));

    let mut questions = Vec::new();
    for target in targets {
        let mut confirmed = target.clone();
        confirmed["confirm"] = true.into();
        let mut expected = confirmed.clone();
        expected["expected_count"] = 1.into();
        questions
            .extend([target, expected, confirmed].map(|arguments| call("delete_entry", arguments)));
    }
    questions.push(call("restore_entry", json!({"tags": [handle]})));

    questions
}

/// Calls that store entries under the names another uses.
fn storing(handle: &str, ids: &[String]) -> Vec<Question> {
    let named = |more: Value| {
        let mut arguments = json!({
            "source": handle, "tags": [handle], "description": "of bob", "learned_from": handle, "language": "en",
        });
        arguments
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        arguments
    };
    let record = json!({
        "logical_key": format!("{handle}-record"), "schema_ref": handle, "schema_version": handle, "content": {"of": "bob"},
        "related_ids": ids,
    });
    let schema = json!({"family": handle, "version": handle, "schema": {"type": "object"}});

    [
        ("create_record", named(record.clone())),
        ("register_schema", named(schema)),
        ("create_record", named(record)),
        ("remember", named(json!({"logical_key": handle, "content": "of bob", "content_type": "t", "related_ids": ids}))),
        ("remember", named(json!({"source": "custom-prompt", "logical_key": handle, "content": "of bob {{name}}"}))),
        ("learn_pattern", named(json!({"conditions": {}, "effect": "boiler", "related_ids": ids}))),
        ("add_context", named(json!({"expires_days": 3, "related_ids": ids}))),
        ("set_preference", json!({"key": handle, "value": "of bob", "scope": handle})),
        ("report_status", json!({"source": handle, "tags": [handle], "metrics": {}, "inventory": {}, "ttl_sec": 9999})),
        ("report_alert", json!({
            "source": handle, "tags": [handle], "alert_id": handle, "level": "critical", "alert_type": "structural",
            "message": "of bob", "details": {}, "diagnostics": {}, "metric": handle, "resolved": false,
        })),
        ("suppress_alert", json!({
            "source": "of bob", "tags": [handle], "metric": handle, "level": "critical", "duration_minutes": 60,
            "escalation_override": false, "reason": "of bob",
        })),
        ("remind", json!({
            "goal": "of bob", "source": handle, "tags": [handle], "deliver_at": "2021-01-01", "constraints": "c",
            "urgency": "low", "recurrence": "r", "learned_from": handle, "language": "en", "related_ids": ids,
        })),
    ]
    .map(|(tool, arguments)| call(tool, arguments))
    .to_vec()
}

/// Every resource that is listed, and every template, filled in with every name and id.
pub(super) fn resources(lists: &Lists, handle: &str, ids: &[String]) -> Vec<Question> {
    let listed = names_of(&lists.resources, "uri");
    let filled = names_of(&lists.templates, "uriTemplate")
        .into_iter()
        .flat_map(|template| {
            let values = ids.iter().map(String::as_str).chain([handle]);
            values
                .map(|value| fill(&template, value))
                .collect::<Vec<_>>()
        });

    listed
        .into_iter()
        .chain(filled)
        .map(|uri| ("resources/read", json!({"uri": uri})))
        .collect()
}

/// Every prompt that is listed, with the name for every argument.
pub(super) fn prompts(lists: &Lists, handle: &str) -> Vec<Question> {
    let prompts = lists.prompts.iter().map(|prompt| {
        let arguments: Map<_, _> = arguments_of(prompt)
            .into_iter()
            .map(|argument| {
                let value = if argument == "hours" { "24" } else { handle };
                (argument, value.into())
            })
            .collect();
        (
            "prompts/get",
            json!({"name": prompt["name"], "arguments": arguments}),
        )
    });

    prompts.collect()
}

/// Every argument of every prompt and template, begun and not.
pub(super) fn completions(lists: &Lists, handle: &str) -> Vec<Question> {
    let prompts = lists.prompts.iter().flat_map(|prompt| {
        let at = json!({"type": "ref/prompt", "name": prompt["name"]});
        arguments_of(prompt)
            .into_iter()
            .map(move |argument| (at.clone(), argument))
    });
    let templates = names_of(&lists.templates, "uriTemplate")
        .into_iter()
        .flat_map(|template| {
            let at = json!({"type": "ref/resource", "uri": template});
            variables(&template)
                .into_iter()
                .map(move |variable| (at.clone(), variable))
        });

    prompts
        .chain(templates)
        .flat_map(|(at, argument)| {
            ["", handle].map(|begun| {
                let context = json!({"arguments": {"schema_ref": handle}});
                ("completion/complete", json!({"ref": at, "argument": {"name": argument, "value": begun}, "context": context}))
            })
        })
        .collect()
}

/// What a server says it has.
pub(super) struct Lists {
    pub(super) tools: Vec<Value>,
    pub(super) resources: Vec<Value>,
    pub(super) templates: Vec<Value>,
    pub(super) prompts: Vec<Value>,
}

pub(super) fn names_of(items: &[Value], key: &str) -> Vec<String> {
    items
        .iter()
        .map(|item| item[key].as_str().expect("a name").to_owned())
        .collect()
}

fn arguments_of(prompt: &Value) -> Vec<String> {
    names_of(
        prompt["arguments"].as_array().map_or(&[], Vec::as_slice),
        "name",
    )
}

fn variables(template: &str) -> Vec<String> {
    let parts = template.split('{').skip(1);

    parts
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn fill(template: &str, value: &str) -> String {
    variables(template)
        .iter()
        .fold(template.to_owned(), |uri, name| {
            uri.replace(&format!("{{{name}}}"), value)
        })
}
