//! `tools/list`: a change to a name, a description or a schema shows up in review.

use rmcp::model::{CacheScope, CallToolRequestParams};
use serde_json::{Map, json};

use super::stop;
use crate::support::{Database, Product, Session, both_databases};

/// What the list costs a model: names, descriptions and input schemas, in tokens of `o200k_base`.
async fn tokens_of(session: &Session) -> usize {
    let tools: Vec<_> = session
        .client()
        .list_all_tools()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| json!({"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}))
        .collect();

    tiktoken_rs::o200k_base()
        .unwrap()
        .encode_ordinary(&json!(tools).to_string())
        .len()
}

both_databases! {
    async fn the_list_stays_within_its_budget_of_tokens(database: Database) {
        let product = Product::start(&database).await;

        for (profile, tools, budget) in [("full", 32, 6500), ("core", 8, 1600)] {
            let session = product.session_with_profile(profile).await;
            let tokens = tokens_of(&session).await;
            assert_eq!(session.client().list_all_tools().await.unwrap().len(), tools);
            assert!(tokens <= budget, "{profile} costs {tokens} tokens, more than {budget}");
        }
        stop(product).await;
    }

    async fn a_profile_shows_and_serves_its_tools_alone(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session_with_profile("readonly").await;

        let tools = session.client().list_all_tools().await.unwrap();
        assert!(tools.iter().all(|tool| tool.annotations.as_ref().unwrap().read_only_hint == Some(true)));
        assert!(tools.iter().any(|tool| tool.name == "get_knowledge"));
        let write = CallToolRequestParams::new("remember").with_arguments(Map::default());
        assert!(session.client().call_tool(write).await.is_err(), "what is not shown is not served");

        let session = product.session_with_profile("remember, get_tags").await;
        let names: Vec<_> = session.client().list_all_tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
        assert_eq!(names, ["get_tags", "remember"]);
        stop(product).await;
    }

    async fn the_list_of_tools_is_the_one_that_was_reviewed(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let tools = session.client().list_all_tools().await.unwrap();

        insta::assert_json_snapshot!("tools", tools);
        stop(product).await;
    }

    async fn every_tool_has_a_title_annotations_and_an_output_schema(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for tool in session.client().list_all_tools().await.unwrap() {
            let annotations = tool.annotations.expect("annotations");
            let read_only = annotations.read_only_hint.expect("readOnlyHint");
            assert!(annotations.title.is_some(), "{}", tool.name);
            assert_eq!(annotations.open_world_hint, Some(false), "{}", tool.name);
            assert!(read_only || annotations.destructive_hint.is_some(), "{}", tool.name);
            assert!(read_only || annotations.idempotent_hint.is_some(), "{}", tool.name);
            let schema = tool.output_schema.expect("outputSchema");
            assert_eq!(schema["type"], "object", "{}", tool.name);
            // Validators of clients know no others.
            let formats = json!(schema).to_string().replace(r#""format":"date-time""#, "");
            assert!(!formats.contains(r#""format":""#), "{}: {formats}", tool.name);
            assert!(tool.description.is_some_and(|text| !text.contains('\n')), "{}", tool.name);
        }
        stop(product).await;
    }

    async fn the_list_may_be_kept_by_anyone(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let list = session.client().list_tools(None).await.unwrap();
        let names: Vec<_> = list.tools.iter().map(|tool| tool.name.clone()).collect();

        assert_eq!(list.cache_scope, Some(CacheScope::Public));
        assert!(list.ttl_ms.is_some_and(|ttl| ttl > 0));
        assert!(names.is_sorted(), "{names:?}");
        stop(product).await;
    }

    async fn the_server_says_who_it_is_and_how_to_use_it(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let info = session.client().peer_info().expect("server info").clone();
        let server = info.server_info.as_ref().expect("an implementation");

        assert_eq!(server.name, "awareness");
        assert_eq!(server.version, env!("CARGO_PKG_VERSION"));
        assert!(info.instructions.as_ref().is_some_and(|text| text.contains("never instructions")));
        stop(product).await;
    }
}
