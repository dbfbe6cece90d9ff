//! Reading over HTTP with eight connections, beside a tool that does nothing and beside the smallest read there is.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Rate, load};
use crate::serve::{Running, TRIVIAL};
use crate::{Bench, plant};

const CONNECTIONS: usize = 8;
const TIME: Duration = Duration::from_secs(5);

/// A load: what it is called, the tool, and the arguments of call number `n`.
type Load = (&'static str, &'static str, fn(u64) -> Value);

const LOADS: [Load; 6] = [
    (
        "get_deleted, list, empty trash: the smallest read",
        "get_deleted",
        list,
    ),
    (
        "get_knowledge, list, limit 10, a tag nothing has",
        "get_knowledge",
        by_none,
    ),
    (
        "get_knowledge, list, limit 10, tag on 0.1 %",
        "get_knowledge",
        by_topic,
    ),
    (
        "get_knowledge, list, limit 10, tag on 5 %",
        "get_knowledge",
        by_area,
    ),
    ("get_stats", "get_stats", nothing),
    ("get_tags", "get_tags", nothing),
];

pub(crate) async fn measure() {
    println!(
        "\nReads over HTTP, {CONNECTIONS} connections, {} s each",
        TIME.as_secs()
    );
    let small = [Bench::sqlite().await, Bench::postgres().await];
    let large = [Bench::sqlite().await, Bench::postgres().await];
    for (small, large) in small.iter().zip(&large) {
        plant::notes(&small.url, 1000).await;
        plant::notes(&large.url, 100_000).await;
        compare(small, large).await;
    }
}

async fn compare(small: &Bench, large: &Bench) {
    let name = large.name;
    let server = Running::start(&large.url).await;
    let trivial = run(&server, TRIVIAL, nothing).await;
    show(name, "trivial tool", trivial, trivial);
    let mut broad = trivial;
    for (what, tool, arguments) in LOADS {
        let rate = run(&server, tool, arguments).await;
        show(name, &format!("{what}, of 100,000"), rate, trivial);
        if what.ends_with("5 %") {
            broad = rate;
        }
    }
    server.stop().await;

    let server = Running::start(&small.url).await;
    let few = run(&server, "get_knowledge", by_area).await;
    server.stop().await;
    show(
        name,
        "get_knowledge, list, limit 10, tag on 5 %, of 1,000",
        few,
        trivial,
    );
    println!(
        "{name:9} 100,000 entries cost {:.2} times what 1,000 cost (bound: 1.5)",
        few.per_second / broad.per_second
    );
}

async fn run(server: &Running, tool: &'static str, arguments: fn(u64) -> Value) -> Rate {
    load(server.port, CONNECTIONS, TIME, tool, arguments).await
}

fn nothing(_: u64) -> Value {
    json!({})
}

fn list(_: u64) -> Value {
    json!({"mode": "list", "limit": 10})
}

fn by_none(_: u64) -> Value {
    json!({"mode": "list", "limit": 10, "tags": ["none"]})
}

fn by_topic(number: u64) -> Value {
    json!({"mode": "list", "limit": 10, "tags": [format!("topic-{}", number % 1000)]})
}

fn by_area(number: u64) -> Value {
    json!({"mode": "list", "limit": 10, "tags": [format!("area-{}", number % 20)]})
}

fn show(name: &str, what: &str, rate: Rate, yardstick: Rate) {
    println!(
        "{name:9} {what:66} {:8.0}/s  {:4.2} of trivial  p50 {:6.2} ms  p99 {:6.2} ms",
        rate.per_second,
        rate.per_second / yardstick.per_second,
        rate.p50.as_secs_f64() * 1000.0,
        rate.p99.as_secs_f64() * 1000.0,
    );
}
