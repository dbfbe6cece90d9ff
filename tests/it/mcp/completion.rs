//! Completion: what is in use, by its first letters.

use rmcp::model::CompletionContext;
use serde_json::json;

use super::{remember, stop};
use crate::support::{Database, Product, Session, both_databases};

/// What completes an argument; `at` is a resource's template or a prompt's name.
async fn complete(session: &Session, at: &str, argument: &str, begun: &str) -> Vec<String> {
    let client = session.client();
    let values = if at.starts_with("awareness://") {
        client.complete_resource_simple(at, argument, begun).await
    } else {
        client.complete_prompt_simple(at, argument, begun).await
    };

    values.unwrap()
}

both_databases! {
    async fn sources_tags_and_schemas_in_use_complete_arguments(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (source, tags) in [("garden", vec!["green", "Grey"]), ("garage", vec!["green"]), ("attic", vec!["old"])] {
            session.call("remember", json!({"source": source, "tags": tags, "description": "n"})).await;
        }
        for (family, version) in [("plant", "1.0"), ("plant", "1.1"), ("tool", "2.0")] {
            let schema = json!({
                "source": "garden", "tags": [], "description": "s", "family": family, "version": version, "schema": {},
            });
            session.call("register_schema", schema).await;
        }

        for (at, argument, begun, expected) in [
            ("system_status", "source", "gar", vec!["garage", "garden"]),
            ("awareness://status/{source}", "source", "", vec!["attic", "garage", "garden"]),
            ("awareness://alerts/{source}", "source", "A", vec!["attic"]),
            ("project_context", "repo_name", "gre", vec!["green", "Grey"]),
            ("awareness://knowledge/{tag}", "tag", "o", vec!["old"]),
            ("awareness://schemas/{schema_ref}/{schema_version}", "schema_ref", "p", vec!["plant"]),
            ("awareness://schemas/{schema_ref}/{schema_version}", "schema_version", "", vec!["1.0", "1.1", "2.0"]),
            ("catchup", "hours", "4", vec!["48"]),
            ("catchup", "other", "", vec![]),
            ("nothing", "source", "", vec![]),
            ("awareness://entries/{id}", "id", "", vec![]),
        ] {
            assert_eq!(complete(&session, at, argument, begun).await, expected, "{at} {argument} {begun}");
        }
        stop(product).await;
    }

    async fn a_version_is_completed_within_the_family_already_given(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for (family, version) in [("plant", "1.0"), ("tool", "2.0")] {
            let schema = json!({
                "source": "garden", "tags": [], "description": "s", "family": family, "version": version, "schema": {},
            });
            session.call("register_schema", schema).await;
        }

        let context = CompletionContext::with_arguments([("schema_ref".to_owned(), "tool".to_owned())].into());
        let template = "awareness://schemas/{schema_ref}/{schema_version}";
        let found = session.client().complete_resource_argument(template, "schema_version", "", Some(context)).await.unwrap();
        assert_eq!(found.values, ["2.0"]);
        stop(product).await;
    }

    async fn more_than_a_hundred_candidates_are_counted(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..11 {
            let tags: Vec<_> = (0..10).map(|tag| format!("tag-{number:02}-{tag}")).collect();
            let tags: Vec<_> = tags.iter().map(String::as_str).collect();
            remember(&session, "n", &tags).await;
        }

        let found = session.client().complete_prompt_argument("project_context", "repo_name", "tag", None).await.unwrap();
        assert_eq!((found.values.len(), found.total, found.has_more), (100, Some(110), Some(true)));
        stop(product).await;
    }

    async fn nothing_of_another_owner_completes(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        remember(&ann, "n", &["secret"]).await;

        for (at, argument) in [("system_status", "source"), ("project_context", "repo_name")] {
            assert_eq!(complete(&bob, at, argument, "").await, Vec::<String>::new());
        }
        stop(product).await;
    }
}
