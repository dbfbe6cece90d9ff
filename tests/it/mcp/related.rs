//! Which entries belong together, from both ends.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{column, entry, id_of, keys, remember, stop};
use crate::support::{Database, Product, Session, both_databases};

async fn remember_with(session: &Session, description: &str, related: Value) -> String {
    let note =
        json!({"source": "s", "description": description, "tags": [], "related_ids": related});

    id_of(&session.call("remember", note).await)
}

/// The ids of what an entry is related to, in order.
async fn related(session: &Session, id: &str) -> Vec<Value> {
    let list = session.call("get_related", json!({"entry_id": id})).await;

    list.as_array()
        .expect("a bare array")
        .iter()
        .map(|entry| entry["id"].clone())
        .collect()
}

both_databases! {
    async fn an_entry_is_related_to_what_it_names_and_to_what_names_it(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let old = remember(&session, "old", &[]).await;
        let new = remember(&session, "new", &[]).await;
        let hub = remember_with(&session, "hub", json!([old, new, "unknown"])).await;
        let naming = remember_with(&session, "naming", json!([hub])).await;
        let both = remember_with(&session, "both", json!([hub, old])).await;
        session.call("update_entry", json!({"entry_id": hub, "related_ids": [new, old, both]})).await;
        session.call("update_entry", json!({"entry_id": old, "description": "touched last"})).await;

        let each_group_last_touched_first = [&old, &both, &new, &naming].map(|id| json!(id));
        assert_eq!(related(&session, &hub).await, each_group_last_touched_first);
        assert_eq!(related(&session, &new).await, [json!(hub)]);
        assert_eq!(related(&session, &old).await, [json!(hub), json!(both)]);
        assert_eq!(related(&session, &naming).await, [json!(hub)]);
        let alone = remember(&session, "alone", &[]).await;
        assert_eq!(session.call("get_related", json!({"entry_id": alone})).await, json!([]));
        stop(product).await;
    }

    async fn related_entries_come_in_both_forms(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let one = remember(&session, "first", &[]).await;
        session.call("update_entry", json!({"entry_id": one, "description": "changed"})).await;
        let other = remember_with(&session, "d", json!([one])).await;

        let full = session.call("get_related", json!({"entry_id": other})).await;
        let list = session.call("get_related", json!({"entry_id": other, "mode": "list"})).await;

        assert_eq!(full, json!([entry(&session, &one).await]), "history included");
        assert_eq!(full[0]["data"]["changelog"][0]["changed"]["description"], "first");
        assert_eq!(keys(&list[0]), "created description id learned_from source tags type updated");
        assert_eq!(session.refused("get_related", json!({"entry_id": other, "mode": "List"})).await["suggestion"], "list");
        let structured = session.result("get_related", json!({"entry_id": one})).await.structured_content.unwrap();
        assert_eq!(keys(&structured), "entries owner_scope");
        stop(product).await;
    }

    async fn only_an_entry_that_is_there_has_relations(database: Database) {
        let product = Product::start(&database).await;
        let (session, bob) = (product.session().await, product.session_of("bob").await);
        let deleted = remember(&session, "deleted", &[]).await;
        let kept = remember_with(&session, "kept", json!([deleted])).await;
        let context = json!({"source": "s", "description": "c", "tags": [], "expires_days": 1, "related_ids": [kept]});
        let context = id_of(&session.call("add_context", context).await);
        let foreign = remember(&bob, "foreign", &[]).await;
        session.call("delete_entry", json!({"entry_id": deleted})).await;

        for id in ["unknown", "", &deleted, &foreign] {
            let error = session.refused("get_related", json!({"entry_id": id})).await;
            assert_eq!((&error["code"], &error["param"], &error["value"]), (&json!("not_found"), &json!("entry_id"), &json!(id)));
        }
        assert_eq!(related(&session, &kept).await, [json!(context)]);
        product.clock.advance(TimeDelta::days(1));
        assert!(related(&session, &kept).await.is_empty(), "what has expired is hidden");
        session.call("restore_entry", json!({"entry_id": deleted})).await;
        assert_eq!(related(&session, &kept).await, [json!(deleted)]);
        stop(product).await;
    }

    async fn every_tool_that_stores_text_can_relate_it(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let hub = remember(&session, "hub", &[]).await;
        let schema = json!({"source": "s", "tags": [], "description": "d", "family": "f", "version": "1", "schema": {}});
        session.call("register_schema", schema).await;

        let mut expected = Vec::new();
        for (tool, arguments) in [
            ("remember", json!({"description": "d"})),
            ("learn_pattern", json!({"description": "d"})),
            ("add_context", json!({"description": "d"})),
            ("remind", json!({"goal": "g"})),
            ("create_record", json!({
                "description": "d", "logical_key": "k", "schema_ref": "f", "schema_version": "1", "content": 1,
            })),
        ] {
            let mut arguments = arguments;
            arguments["source"] = json!("s");
            arguments["tags"] = json!([]);
            arguments["related_ids"] = json!([hub]);
            let id = id_of(&session.call(tool, arguments).await);
            assert_eq!(related(&session, &id).await, [json!(hub)], "{tool}");
            expected.insert(0, json!(id));
        }

        assert_eq!(related(&session, &hub).await, expected);
        stop(product).await;
    }

    async fn relations_change_with_their_entry(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let (one, two) = (remember(&session, "1", &[]).await, remember(&session, "2", &[]).await);
        let id = remember_with(&session, "d", json!([one, two, one])).await;
        assert_eq!(entry(&session, &id).await["data"]["related_ids"], json!([one, two]));

        for (id, same) in [(&id, json!([one, two])), (&one, json!([])), (&one, json!([one]))] {
            let reply = session.call("update_entry", json!({"entry_id": id, "related_ids": same})).await;
            assert_eq!(reply["updated"], Value::Null, "{same}");
        }
        session.call("update_entry", json!({"entry_id": id, "related_ids": [two]})).await;
        assert!(related(&session, &one).await.is_empty());
        session.call("update_entry", json!({"entry_id": id, "related_ids": []})).await;

        assert!(related(&session, &id).await.is_empty() && related(&session, &two).await.is_empty());
        let history = entry(&session, &id).await["data"]["changelog"].clone();
        assert_eq!(history[0]["changed"], json!({"related_ids": [one, two]}));
        assert_eq!(history[1]["changed"], json!({"related_ids": [two]}));
        stop(product).await;
    }

    async fn an_entry_is_never_related_to_itself(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = remember(&session, "d", &[]).await;
        database
            .connect()
            .await
            .run(
                r#"INSERT INTO entries (id, type, source, created, data) VALUES
                   ('adopted', 'note', 's', '2031-01-01T00:00:00+00:00',
                    '{"related_ids": ["adopted", "other", 5, "other", null]}'),
                   ('other', 'note', 's', '2031-01-01T00:00:00+00:00', '{"related_ids": "adopted"}')"#,
            )
            .await;

        session.call("update_entry", json!({"entry_id": id, "related_ids": [id, "other"]})).await;

        assert_eq!(entry(&session, &id).await["data"]["related_ids"], json!(["other"]));
        assert_eq!(related(&session, &id).await, [json!("other")]);
        assert_eq!(related(&session, "adopted").await, [json!("other")]);
        assert_eq!(related(&session, "other").await, [json!(id), json!("adopted")]);
        stop(product).await;
    }

    async fn naming_another_owners_entry_shows_nothing_to_either(database: Database) {
        let product = Product::start(&database).await;
        let (ann, bob) = (product.session().await, product.session_of("bob").await);
        let secret = remember(&ann, "secret", &[]).await;

        let probe = remember_with(&bob, "probe", json!([secret])).await;

        assert!(related(&bob, &probe).await.is_empty());
        assert!(related(&ann, &secret).await.is_empty());
        assert!(column(&bob, "get_reads", json!({}), "id").await.is_empty());
        stop(product).await;
    }

    async fn thousands_of_relations_are_followed(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let one = remember(&session, "1", &[]).await;
        let mut many: Vec<_> = (0..70_000).map(|number| format!("unknown-{number}")).collect();
        many.push(one.clone());

        let id = remember_with(&session, "d", json!(many)).await;

        assert_eq!(related(&session, &id).await, [json!(one)]);
        assert_eq!(related(&session, &one).await, [json!(id)]);
        stop(product).await;
    }
}
