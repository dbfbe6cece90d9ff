//! Resources: what a client reads at addresses.

use chrono::TimeDelta;
use rmcp::ServiceError;
use serde_json::{Value, json};

use super::{id_of, remember, stop};
use crate::support::{Database, Product, Session, both_databases};

async fn report_alert(session: &Session, source: &str, alert_id: &str) -> String {
    let alert = json!({
        "source": source, "alert_id": alert_id, "level": "warning", "alert_type": "threshold", "message": "Pressure 0.6 bar",
        "tags": ["heating"],
    });

    id_of(&session.call("report_alert", alert).await)
}

async fn report_status(session: &Session, source: &str) -> String {
    let status = json!({"source": source, "tags": ["t"], "metrics": {"load": 0.5}});

    id_of(&session.call("report_status", status).await)
}

fn ids(entries: &Value) -> Vec<&str> {
    let entries = entries.as_array().expect("an array");

    entries
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect()
}

both_databases! {
    async fn four_resources_and_five_templates_are_listed(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        let resources = session.client().list_all_resources().await.unwrap();
        let uris: Vec<_> = resources.iter().map(|resource| resource.uri.as_str()).collect();
        assert_eq!(uris, ["awareness://alerts", "awareness://briefing", "awareness://knowledge", "awareness://suppressions"]);
        assert!(resources.iter().all(|resource| resource.mime_type.as_deref() == Some("application/json")));

        let templates = session.client().list_all_resource_templates().await.unwrap();
        let uris: Vec<_> = templates.iter().map(|template| template.uri_template.as_str()).collect();
        assert_eq!(uris, [
            "awareness://alerts/{source}",
            "awareness://entries/{id}",
            "awareness://knowledge/{tag}",
            "awareness://schemas/{schema_ref}/{schema_version}",
            "awareness://status/{source}",
        ]);
        assert!(templates.iter().all(|template| template.mime_type.as_deref() == Some("application/json")));
        stop(product).await;
    }

    async fn an_empty_store_has_empty_resources(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for uri in ["awareness://alerts", "awareness://alerts/boiler", "awareness://knowledge", "awareness://suppressions"] {
            assert_eq!(session.read(uri).await, json!([]), "{uri}");
        }
        assert_eq!(session.read("awareness://briefing").await["attention_needed"], false);
        let missing = session.read("awareness://status/boiler").await;
        assert_eq!(missing["status"], "error");
        assert_eq!(missing["error"]["code"], "not_found");
        assert_eq!(missing["error"]["param"], "source");
        assert_eq!(missing["error"]["value"], "boiler");
        stop(product).await;
    }

    async fn live_alerts_are_read_whole_and_by_source(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let here = report_alert(&session, "boiler", "press-low").await;
        let there = report_alert(&session, "cellar", "wet").await;
        report_alert(&session, "boiler", "gone").await;
        let resolved = json!({
            "source": "boiler", "alert_id": "gone", "level": "warning", "alert_type": "threshold", "message": "m", "tags": [],
            "resolved": true,
        });
        session.call("report_alert", resolved).await;

        let alerts = session.read("awareness://alerts").await;
        let twin = session.call("get_alerts", json!({"mode": "full"})).await;
        assert_eq!(alerts, twin["entries"]);
        assert_eq!(ids(&alerts).len(), 2);
        let alerts = session.read("awareness://alerts/boiler").await;
        assert_eq!(ids(&alerts), [here.as_str()]);
        assert_eq!(alerts[0]["data"]["message"], "Pressure 0.6 bar");
        assert_eq!(alerts[0]["tags"], json!(["heating"]));
        assert_eq!(ids(&session.read("awareness://alerts/cellar").await), [there.as_str()]);
        stop(product).await;
    }

    async fn the_newest_status_is_read_whole(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let id = report_status(&session, "boiler").await;

        let status = session.read("awareness://status/boiler").await;
        assert_eq!(status["id"], id.as_str());
        assert_eq!(status["data"]["metrics"], json!({"load": 0.5}));
        assert_eq!(status, session.call("get_status", json!({"source": "boiler"})).await);
        stop(product).await;
    }

    async fn knowledge_is_read_without_its_history(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let note = remember(&session, "the gate is blue", &["garden", "gate"]).await;
        session.call("update_entry", json!({"entry_id": note, "description": "the gate is red"})).await;
        session.call("add_context", json!({"source": "garden", "description": "c", "tags": ["other"]})).await;
        report_status(&session, "boiler").await;
        report_alert(&session, "boiler", "a").await;

        let knowledge = session.read("awareness://knowledge").await;
        let types: Vec<_> = knowledge.as_array().unwrap().iter().map(|entry| entry["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["context", "note"]);
        assert_eq!(knowledge[1]["data"]["description"], "the gate is red");
        assert_eq!(knowledge[1]["data"].get("changelog"), None);
        assert_eq!(ids(&session.read("awareness://knowledge/gate").await), [note.as_str()]);
        assert_eq!(session.read("awareness://knowledge/nothing").await, json!([]));
        stop(product).await;
    }

    async fn more_than_a_hundred_entries_are_cut_and_it_is_said(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for number in 0..101 {
            remember(&session, &format!("note {number}"), &[]).await;
        }

        let whole = session.read_whole("awareness://knowledge").await.unwrap();
        let whole = serde_json::to_value(whole.contents).unwrap();
        let entries: Value = serde_json::from_str(whole[0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(ids(&entries).len(), 100);
        let note = whole[1]["text"].as_str().unwrap();
        assert!(note.contains("get_knowledge") && note.contains("offset"), "{note}");
        assert_eq!(whole[1]["mimeType"], "text/plain");
        stop(product).await;
    }

    async fn suppressions_in_force_are_read(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let suppression = json!({"source": "boiler", "duration_minutes": 60, "reason": "service"});
        let id = id_of(&session.call("suppress_alert", suppression).await);

        let suppressions = session.read("awareness://suppressions").await;
        assert_eq!(ids(&suppressions), [id.as_str()]);
        assert_eq!(suppressions, session.call("get_suppressions", json!({})).await);
        product.clock.advance(TimeDelta::minutes(61));
        assert_eq!(session.read("awareness://suppressions").await, json!([]));
        stop(product).await;
    }

    async fn reading_the_briefing_delivers_due_intentions_once(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let due = json!({"goal": "water the roses", "source": "garden", "tags": [], "deliver_at": "2031-02-03T04:00:00Z"});
        session.call("remind", due).await;

        let first = session.read("awareness://briefing").await;
        assert_eq!(first["fired_intentions"].as_array().unwrap().len(), 1, "{first}");
        let second = session.read("awareness://briefing").await;
        assert_eq!(second.get("fired_intentions"), None);
        let tool = session.call("get_briefing", json!({})).await;
        let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&tool), keys(&second));
        stop(product).await;
    }

    async fn any_source_is_readable_where_the_briefing_points(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        for source in ["my box", "a/b", "größe %41?#&", "日本", ".."] {
            report_status(&session, source).await;
            report_alert(&session, source, "a").await;
        }

        let briefing = session.call("get_briefing", json!({})).await;
        let sources = briefing["sources"].as_object().unwrap();
        assert_eq!(sources.len(), 5);
        for (source, state) in sources {
            let uri = state["drill_down"].as_str().unwrap();
            let found = session.read(uri).await;
            let found = found.get(0).unwrap_or(&found);
            assert_eq!(found["source"], source.as_str(), "{uri}");
            let status = uri.replacen("/alerts/", "/status/", 1);
            assert_eq!(session.read(&status).await["source"], source.as_str(), "{status}");
        }
        stop(product).await;
    }

    async fn an_entry_and_a_schema_have_addresses(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        let note = remember(&session, "the gate is blue", &[]).await;
        let schema = json!({
            "source": "garden", "tags": [], "description": "A plant", "family": "schema:plant", "version": "1.0.0",
            "schema": {"type": "object"},
        });
        session.call("register_schema", schema).await;

        assert_eq!(session.read(&format!("awareness://entries/{note}")).await["data"]["description"], "the gate is blue");
        let schema = session.read("awareness://schemas/schema%3Aplant/1.0.0").await;
        assert_eq!(schema["data"]["schema"], json!({"type": "object"}));
        for (uri, code) in [("awareness://entries/none", "not_found"), ("awareness://schemas/none/1", "schema_not_found")] {
            let missing = session.read(uri).await;
            assert_eq!((&missing["status"], &missing["error"]["code"]), (&json!("error"), &json!(code)), "{missing}");
        }
        stop(product).await;
    }

    async fn any_other_address_is_not_found(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;

        for uri in ["awareness://nothing", "awareness://alerts/a/b", "file:///etc/passwd", "", "awareness://status/%FF"] {
            let Err(ServiceError::McpError(error)) = session.read_whole(uri).await else {
                panic!("{uri:?} was read");
            };
            assert_eq!((error.code.0, error.data), (-32002, Some(json!({"uri": uri}))));
        }
        stop(product).await;
    }

    async fn reading_a_resource_logs_what_its_tool_logs(database: Database) {
        let product = Product::start(&database).await;
        let session = product.session().await;
        remember(&session, "n", &[]).await;
        report_alert(&session, "boiler", "a").await;
        report_status(&session, "boiler").await;
        let reads = async || session.call("get_reads", json!({"limit": 100})).await["entries"].as_array().unwrap().len();

        session.read("awareness://knowledge").await;
        session.read("awareness://alerts").await;
        assert_eq!(reads().await, 2);
        for uri in ["awareness://briefing", "awareness://status/boiler", "awareness://suppressions"] {
            session.read(uri).await;
        }
        let logged = reads().await;
        session.call("get_status", json!({"source": "boiler"})).await;
        session.call("get_briefing", json!({})).await;
        session.call("get_suppressions", json!({})).await;
        assert_eq!(reads().await - logged, logged - 2, "a resource and its tool log alike");
        stop(product).await;
    }
}
