//! `docs/TOOLS.md` says what clients are told: it is made here from what the server lists, and held to it.
//!
//! `INSTA_UPDATE=always cargo test --test it mcp::reference` writes the page anew.

mod page;
mod schema;

use std::fs;

use serde_json::{Value, json};

use super::stop;
use crate::support::{Database, Product, both_databases};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/TOOLS.md");

/// What a client is told of the server.
struct Listed {
    tools: Vec<Value>,
    /// Profiles that show a part of the tools, and the names they show.
    profiles: Vec<(&'static str, Vec<String>)>,
    resources: Vec<Value>,
    templates: Vec<Value>,
    prompts: Vec<Value>,
}

async fn ask(product: &Product) -> Listed {
    let session = product.session().await;
    let client = session.client();
    let mut profiles = Vec::new();
    for profile in ["core", "readonly"] {
        let session = product.session_with_profile(profile).await;
        let tools = session.client().list_all_tools().await.unwrap();
        let names = tools.into_iter().map(|tool| tool.name.into_owned());
        profiles.push((profile, names.collect()));
    }

    Listed {
        tools: values(&json!(client.list_all_tools().await.unwrap())),
        profiles,
        resources: values(&json!(client.list_all_resources().await.unwrap())),
        templates: values(&json!(client.list_all_resource_templates().await.unwrap())),
        prompts: values(&json!(client.list_all_prompts().await.unwrap())),
    }
}

fn values(list: &Value) -> Vec<Value> {
    list.as_array().expect("a list").clone()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the page is renewed as snapshots are"
)]
fn is_renewed() -> bool {
    std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always")
}

both_databases! {
    async fn the_page_of_tools_says_what_clients_are_told(database: Database) {
        let product = Product::start(&database).await;

        let page = page::of(&ask(&product).await);

        if is_renewed() {
            fs::write(PAGE, &page).unwrap();
        }
        let written = fs::read_to_string(PAGE).unwrap_or_default();
        assert!(written == page, "docs/TOOLS.md is stale: INSTA_UPDATE=always cargo test --test it mcp::reference");
        stop(product).await;
    }
}
