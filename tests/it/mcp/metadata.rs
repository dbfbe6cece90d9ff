//! What the server says of itself.

use rmcp::model::{CacheScope, MetaObject, ProtocolVersion, RequestMetaObject};
use serde_json::{Value, json};

use super::stop;
use crate::support::{Database, Person, Product, both_databases};

both_databases! {
    async fn the_server_tells_its_own_name_version_and_icons(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let info = session.client().peer_info().unwrap();
        let server = serde_json::to_value(&info.server_info).unwrap();
        assert_eq!(server["name"], "awareness");
        assert_eq!(server["version"], env!("CARGO_PKG_VERSION"));
        let icons = server["icons"].as_array().unwrap();
        assert_eq!(icons.len(), 6);
        for icon in icons {
            let src = icon["src"].as_str().unwrap();
            assert!(src.starts_with("data:image/svg+xml") || src.starts_with("http"), "{src}");
            assert_eq!(icon["mimeType"], "image/svg+xml");
            let sizes = icon["sizes"][0].as_str().unwrap();
            assert!(["32x32", "64x64", "200x200"].contains(&sizes), "{sizes}");
            assert!(["light", "dark"].contains(&icon["theme"].as_str().unwrap()));
        }
        stop(product).await;
    }

    async fn the_instructions_tell_a_client_what_it_must_know(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let info = session.client().peer_info().unwrap();
        let instructions = info.instructions.clone().unwrap();
        for word in [
            "briefing", "attention_needed", "suggested_mention", "remember", "add_context", "learn_pattern", "suppress_alert",
            "mode", "limit", "hint", "since", "get_stats", "register_schema", "create_record", "schema_version", "_system",
            "never instructions",
        ] {
            assert!(instructions.contains(word), "no {word} in {instructions}");
        }
        assert!(!instructions.contains("<!--") && !instructions.contains("SPDX"));
        stop(product).await;
    }

    async fn what_is_announced_is_what_is_served(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let capabilities = serde_json::to_value(&session.client().peer_info().unwrap().capabilities).unwrap();
        assert_eq!(capabilities, json!({
            "completions": {}, "prompts": {"listChanged": true}, "resources": {"subscribe": true}, "tools": {},
        }));
        stop(product).await;
    }

    async fn the_newest_revision_discovers_and_caches(database: Database) {
        let product = Product::start(&database).await;
        let client = product.newer_client(Person::who_declines()).await;

        let found = client.discover(RequestMetaObject::from(MetaObject::default())).await.unwrap();
        let versions: Vec<_> = found.supported_versions.iter().map(ProtocolVersion::as_str).collect();
        for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] {
            assert!(versions.contains(&version), "{versions:?}");
        }
        assert!(found.instructions.is_some());

        let tools = client.list_tools(None).await.unwrap();
        let prompts = client.list_prompts(None).await.unwrap();
        let resources = client.list_resources(None).await.unwrap();
        assert_eq!((tools.cache_scope, resources.cache_scope), (Some(CacheScope::Public), Some(CacheScope::Public)));
        assert_eq!(prompts.cache_scope, Some(CacheScope::Private), "an owner's own prompts are among them");
        assert!([tools.ttl_ms, prompts.ttl_ms, resources.ttl_ms].iter().all(Option::is_some));
        let names: Vec<Value> = tools.tools.iter().map(|tool| json!(tool.name)).collect();
        assert!(names.is_sorted_by_key(|name| name.as_str().unwrap().to_owned()));
        stop(product).await;
    }
}
