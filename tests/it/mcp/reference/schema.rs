//! JSON Schema as tables of Markdown, as far as the product's schemas use it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// The members of an object, one a line; those of some alternatives only may be left out.
pub(super) fn table(title: &str, schema: &Value) -> String {
    let alternatives = schema["anyOf"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let forms: Vec<_> = alternatives
        .iter()
        .filter(|alternative| alternative["$ref"].is_string())
        .map(|form| type_of(form, true))
        .collect();
    let mut members = BTreeMap::new();
    for (part, is_always) in alternatives
        .iter()
        .map(|one| (one, false))
        .chain([(schema, true)])
    {
        for (name, member) in part["properties"].as_object().into_iter().flatten() {
            members.insert(name, (member, is_always && requires(part, name)));
        }
    }

    let forms = forms.join(" or ");
    if members.is_empty() {
        return if forms.is_empty() {
            forms
        } else {
            forms + "\n"
        };
    }
    let mut table = String::new();
    if !forms.is_empty() {
        let _ = writeln!(table, "{forms}, with:\n");
    }
    let _ = writeln!(table, "| {title} | Type | |\n|---|---|---|");
    for (name, (member, is_required)) in members {
        let optional = if is_required { "" } else { "?" };
        let _ = writeln!(
            table,
            "| `{name}`{optional} | {} | {} |",
            type_of(member, is_required),
            about(member)
        );
    }

    table
}

/// The forms that output schemas share, one under each name.
pub(super) fn forms(tools: &[Value]) -> Vec<String> {
    let mut forms = BTreeMap::new();
    for tool in tools {
        for (name, form) in tool["outputSchema"]["$defs"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let earlier = forms.insert(name, form);
            assert!(
                earlier.is_none_or(|earlier| earlier == form),
                "two forms are called {name}"
            );
        }
    }

    forms
        .into_iter()
        .map(|(name, form)| {
            let about = about(form);
            let space = if about.is_empty() { "" } else { "\n\n" };
            format!("### {name}{space}{about}\n\n{}", table("Member", form))
        })
        .collect()
}

fn requires(schema: &Value, name: &str) -> bool {
    schema["required"]
        .as_array()
        .is_some_and(|required| required.iter().any(|one| one == name))
}

/// What a member is for, and what it is when it is not given.
fn about(member: &Value) -> String {
    let text = member["description"].as_str().unwrap_or_default();
    let text = text.replace('\n', " ").replace('|', r"\|");
    match &member["default"] {
        Value::Null => text,
        default if text.is_empty() => format!("Default `{default}`."),
        default => format!("{text} Default `{default}`."),
    }
}

/// A type in words. What may be left out is left out rather than null.
fn type_of(schema: &Value, may_be_null: bool) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    let types: Vec<_> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        Value::String(only) => vec![only.as_str()],
        _ => return "any".to_owned(),
    };

    types
        .into_iter()
        .filter(|name| may_be_null || *name != "null")
        .map(|name| word_for(name, schema))
        .collect::<Vec<_>>()
        .join(" or ")
}

fn word_for(name: &str, schema: &Value) -> String {
    match name {
        "array" if schema["items"].is_object() => {
            format!("list of {}", type_of(&schema["items"], true))
        }
        "array" => "list".to_owned(),
        "object" if schema["additionalProperties"].is_object() => {
            format!(
                "object of {}",
                type_of(&schema["additionalProperties"], true)
            )
        }
        "string" if schema["format"] == "date-time" => "time".to_owned(),
        other => other.to_owned(),
    }
}
