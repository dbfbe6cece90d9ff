//! Reporting and reading what is watched: statuses, alerts, and silence for alerts.

mod alerts;
mod statuses;
mod suppressions;

use serde_json::Value;

use crate::support::{Database, Product, Session};

/// The live alerts that are found, whole.
async fn alerts(session: &Session, arguments: Value) -> Vec<Value> {
    let page = session.call("get_alerts", arguments).await;

    page["entries"].as_array().unwrap().clone()
}

/// How many reads of a tool are logged.
async fn reads(product: &Product, database: &Database, tool: &str) -> i64 {
    product.service.flush_reads().await;
    let count = format!("SELECT COUNT(*) FROM reads WHERE tool_used = '{tool}'");

    database.connect().await.number(&count).await
}
