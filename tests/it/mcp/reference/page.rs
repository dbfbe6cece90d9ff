//! The page: what the server lists, in Markdown.

use serde_json::Value;

use super::Listed;
use super::schema::{forms, table};

const HEAD: &str = "# Tools, resources and prompts

Made from what the server lists; `tests/it/mcp/reference` holds the page to it and writes it anew. A `?` marks what may be left
out. Numbers and lists may also be sent as text.
";

/// Writes the page.
pub(super) fn of(listed: &Listed) -> String {
    let mut parts = vec![HEAD.to_owned(), profiles(listed)];
    parts.push("## Tools\n".to_owned());
    parts.extend(listed.tools.iter().map(tool));
    parts.push("## Forms\n\nWhat several answers are made of.\n".to_owned());
    parts.extend(forms(&listed.tools));
    parts.push(resources(listed));
    parts.push("## Prompts\n".to_owned());
    parts.extend(listed.prompts.iter().map(prompt));

    parts.join("\n")
}

fn profiles(listed: &Listed) -> String {
    let mut lines = vec![
        "## Profiles\n\n`serve --tools PROFILE` (`AWARENESS_TOOLS`) says which tools clients are shown and may call.\n"
            .to_owned(),
        format!(
            "- `full`, the default: all {} of them",
            listed.tools.len()
        ),
    ];
    for (profile, tools) in &listed.profiles {
        let names: Vec<_> = tools.iter().map(|name| link(name)).collect();
        lines.push(format!(
            "- `{profile}`, {} tools: {}",
            tools.len(),
            names.join(", ")
        ));
    }
    lines.push("- names separated by commas: these\n".to_owned());

    lines.join("\n")
}

fn tool(tool: &Value) -> String {
    let annotations = &tool["annotations"];
    let mut parts = vec![
        format!("### `{}`\n", text(tool, "name")),
        format!(
            "{} ({}). {}\n",
            text(annotations, "title"),
            effects(annotations),
            text(tool, "description")
        ),
    ];
    if tool["inputSchema"]["properties"]
        .as_object()
        .is_some_and(|properties| !properties.is_empty())
    {
        parts.push(table("Argument", &tool["inputSchema"]));
    }
    parts.push(table("Answer", &tool["outputSchema"]));

    parts.join("\n")
}

/// What calling a tool does, in words.
fn effects(annotations: &Value) -> String {
    let says = |hint: &str| annotations[hint] == Value::Bool(true);
    if says("readOnlyHint") {
        return "reads".to_owned();
    }
    let mut words = vec!["writes"];
    if says("destructiveHint") {
        words.push("destructive");
    }
    if says("idempotentHint") {
        words.push("idempotent");
    }

    words.join(", ")
}

fn resources(listed: &Listed) -> String {
    let mut lines = vec!["## Resources\n\n| Address | Type | |\n|---|---|---|".to_owned()];
    for (resource, address) in listed
        .resources
        .iter()
        .map(|resource| (resource, "uri"))
        .chain(
            listed
                .templates
                .iter()
                .map(|template| (template, "uriTemplate")),
        )
    {
        lines.push(format!(
            "| `{}` | {} | {} |",
            text(resource, address),
            text(resource, "mimeType"),
            text(resource, "description")
        ));
    }

    lines.join("\n") + "\n"
}

fn prompt(prompt: &Value) -> String {
    let mut lines = vec![format!(
        "### `{}`\n\n{}. {}\n",
        text(prompt, "name"),
        text(prompt, "title"),
        text(prompt, "description")
    )];
    if let Some(arguments) = prompt["arguments"].as_array() {
        lines.push("| Argument | |\n|---|---|".to_owned());
        for argument in arguments {
            let optional = if argument["required"] == Value::Bool(true) {
                ""
            } else {
                "?"
            };
            lines.push(format!(
                "| `{}`{optional} | {} |",
                text(argument, "name"),
                text(argument, "description")
            ));
        }
        lines.push(String::new());
    }

    lines.join("\n")
}

fn link(name: &str) -> String {
    format!("[`{name}`](#{name})")
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}
