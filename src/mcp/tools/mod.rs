//! The tools, one file a family; the routers are joined here. Doc comments of tools and their arguments are what models
//! read.
#![expect(
    clippy::doc_markdown,
    reason = "backticks around names would cost every client tokens"
)]

mod knowledge;
mod statistics;
mod trash;

use std::sync::Arc;

use rmcp::handler::server::router::tool::ToolRouter;
use serde_json::Value;

use super::Server;

/// Every tool.
pub(super) fn router() -> ToolRouter<Server> {
    let mut router = Server::knowledge_tools() + Server::trash_tools() + Server::statistics_tools();
    for route in router.map.values_mut() {
        let mut schema = route.attr.input_schema.as_ref().clone();
        tidy(&mut schema);
        route.attr.input_schema = Arc::new(schema);
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
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        property.remove("format");
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
