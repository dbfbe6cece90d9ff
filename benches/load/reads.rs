//! Reading over HTTP with eight connections, beside a tool that does nothing.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Rate, load};
use crate::serve::{Running, TRIVIAL};
use crate::{Bench, plant};

const CONNECTIONS: usize = 8;
const TIME: Duration = Duration::from_secs(5);

pub(crate) async fn measure() {
    println!(
        "\nReads over HTTP, {CONNECTIONS} connections, {} s each",
        TIME.as_secs()
    );
    for large in [Bench::sqlite().await, Bench::postgres().await] {
        let small = match large.name {
            "SQLite" => Bench::sqlite().await,
            _ => Bench::postgres().await,
        };
        plant::notes(&large.url, 100_000).await;
        plant::notes(&small.url, 1000).await;
        compare(&small, &large).await;
    }
}

async fn compare(small: &Bench, large: &Bench) {
    let name = large.name;
    let server = Running::start(&large.url).await;
    let trivial = load(server.port, CONNECTIONS, TIME, TRIVIAL, |_| json!({})).await;
    show(name, "trivial tool", trivial, trivial);
    let narrow = load(server.port, CONNECTIONS, TIME, "get_knowledge", by_topic).await;
    show(
        name,
        "get_knowledge, list, tag in 100 of 100,000, limit 10",
        narrow,
        trivial,
    );
    let broad = load(server.port, CONNECTIONS, TIME, "get_knowledge", by_area).await;
    show(
        name,
        "get_knowledge, list, tag in 5,000 of 100,000, limit 10",
        broad,
        trivial,
    );
    let none = load(
        server.port,
        CONNECTIONS,
        TIME,
        "get_knowledge",
        |_| json!({"mode": "list", "limit": 10, "tags": ["none"]}),
    )
    .await;
    show(
        name,
        "get_knowledge, list, tag that nothing has",
        none,
        trivial,
    );
    let deleted = load(
        server.port,
        CONNECTIONS,
        TIME,
        "get_deleted",
        |_| json!({"mode": "list", "limit": 10}),
    )
    .await;
    show(name, "get_deleted, list, empty trash", deleted, trivial);
    let stats = load(server.port, CONNECTIONS, TIME, "get_stats", |_| json!({})).await;
    show(name, "get_stats at 100,000", stats, trivial);
    let tags = load(server.port, CONNECTIONS, TIME, "get_tags", |_| json!({})).await;
    show(name, "get_tags at 100,000", tags, trivial);
    server.stop().await;

    let server = Running::start(&small.url).await;
    let few = load(server.port, CONNECTIONS, TIME, "get_knowledge", by_area).await;
    show(
        name,
        "get_knowledge, list, tag in 50 of 1,000, limit 10",
        few,
        trivial,
    );
    server.stop().await;
    println!(
        "{name:9} 100,000 entries cost {:.2} times what 1,000 cost (bound: 1.5)",
        few.per_second / broad.per_second
    );
}

fn by_topic(number: u64) -> Value {
    json!({"mode": "list", "limit": 10, "tags": [format!("topic-{}", number % 1000)]})
}

fn by_area(number: u64) -> Value {
    json!({"mode": "list", "limit": 10, "tags": [format!("area-{}", number % 20)]})
}

fn show(name: &str, what: &str, rate: Rate, yardstick: Rate) {
    println!(
        "{name:9} {what:58} {:8.0}/s  {:4.2} of trivial  p50 {:6.2} ms  p99 {:6.2} ms",
        rate.per_second,
        rate.per_second / yardstick.per_second,
        rate.p50.as_secs_f64() * 1000.0,
        rate.p99.as_secs_f64() * 1000.0,
    );
}
