//! The tools, one file a family; the routers are joined here. Doc comments of tools and their arguments are what models
//! read.
#![expect(
    clippy::doc_markdown,
    reason = "backticks around names would cost every client tokens"
)]

mod intentions;
mod knowledge;
mod records;
mod search;
mod statistics;
mod tracking;
mod trash;
mod watch;

pub(super) use trash::bulk_target_of;

use std::collections::BTreeSet;
use std::sync::Arc;

use rmcp::handler::server::router::tool::ToolRouter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::reply::Reply;
use super::{Profile, Server};
use crate::domain::EntryId;
use crate::service::{Upserted, Written};

/// An entry that was stored.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Stored {
    status: &'static str,
    id: String,
    /// Only with a logical key: "created" or "updated".
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    /// An entry of the same source that says almost the same: perhaps that one should be updated, and this one deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    similar_to: Option<String>,
}

impl Reply for Stored {}

/// The tools of a profile.
pub(super) fn router(profile: &Profile) -> ToolRouter<Server> {
    let mut router = all();
    router.map.retain(|name, route| {
        let annotations = route.attr.annotations.as_ref();
        let is_read_only = annotations.is_some_and(|tool| tool.read_only_hint == Some(true));
        profile.holds(name, is_read_only)
    });

    router
}

/// The names of all tools.
pub(super) fn names() -> BTreeSet<String> {
    all().map.keys().map(ToString::to_string).collect()
}

fn all() -> ToolRouter<Server> {
    let mut router = Server::knowledge_tools()
        + Server::trash_tools()
        + Server::statistics_tools()
        + Server::watch_tools()
        + Server::record_tools()
        + Server::tracking_tools()
        + Server::intention_tools()
        + Server::search_tools();
    for (name, route) in &mut router.map {
        let mut schema = route.attr.input_schema.as_ref().clone();
        tidy(&mut schema);
        if OLD_NAMES.contains(&name.as_ref()) {
            leave_out_descriptions(&mut schema);
        }
        route.attr.input_schema = Arc::new(schema);
        if let Some(schema) = &mut route.attr.output_schema {
            leave_out_number_formats(Arc::make_mut(schema));
        }
        // A doc comment is wrapped for people; a model pays for every line break.
        route.attr.description = route
            .attr
            .description
            .take()
            .map(|text| text.replace('\n', " ").into());
    }

    router
}

/// Takes out of an input schema what only costs a model tokens: null beside a type (not given is not sent), formats of
/// numbers, and the draft's address.
fn tidy(schema: &mut serde_json::Map<String, Value>) {
    schema.remove("$schema");
    leave_out_number_formats(schema);
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        if property.get("default").is_some_and(Value::is_null) {
            property.remove("default");
        }
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                property.insert("type".to_owned(), only);
            }
        }
    }
}

/// Takes the formats of numbers out of a schema: they are Rust's, and validators of clients complain about each.
fn leave_out_number_formats(schema: &mut serde_json::Map<String, Value>) {
    let is_number = match schema.get("type") {
        Some(Value::String(name)) => is_number_type(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(is_number_type),
        _ => false,
    };
    if is_number {
        schema.remove("format");
    }
    for part in schema.values_mut() {
        match part {
            Value::Object(part) => leave_out_number_formats(part),
            Value::Array(parts) => {
                let parts = parts.iter_mut().filter_map(Value::as_object_mut);
                parts.for_each(leave_out_number_formats);
            }
            _ => {}
        }
    }
}

fn is_number_type(name: &str) -> bool {
    matches!(name, "integer" | "number")
}

/// Tools that are kept for clients that know them by these names; the arguments are described where the new name is.
const OLD_NAMES: [&str; 1] = ["semantic_search"];

fn leave_out_descriptions(schema: &mut serde_json::Map<String, Value>) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for property in properties.values_mut().filter_map(Value::as_object_mut) {
            property.remove("description");
        }
    }
}

impl Stored {
    /// What an upsert did; `keyed` is whether the caller gave a key to find an entry by.
    fn upserted(outcome: Upserted, keyed: bool) -> Self {
        let (action, id) = match outcome {
            Upserted::Created(id) => ("created", id),
            Upserted::Updated(id) => ("updated", id),
        };

        Self {
            status: "ok",
            id: id.into_string(),
            action: keyed.then_some(action),
            similar_to: None,
        }
    }
}

impl From<Written> for Stored {
    fn from(written: Written) -> Self {
        Self {
            status: "ok",
            id: written.id.into_string(),
            action: None,
            similar_to: None,
        }
    }
}

fn ids(given: Option<Vec<String>>) -> Option<Vec<EntryId>> {
    given.map(|ids| ids.into_iter().map(EntryId::from).collect())
}

fn non_empty(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
