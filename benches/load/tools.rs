//! Every reading tool over HTTP with eight connections, on 100,000 notes and what a few machines report, and the briefing
//! of an operator of many.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Rate, load};
use crate::serve::Running;
use crate::{Bench, plant};

const CONNECTIONS: usize = 8;
const TIME: Duration = Duration::from_secs(3);

/// What a few machines in a house come to.
const HOUSE: plant::Watched = plant::Watched {
    named: "machine",
    sources: 20,
    alerts: 20,
    suppressions: 5,
    patterns: 10,
};

/// What an operator of many comes to.
const PLANT: plant::Watched = plant::Watched {
    named: "unit",
    sources: 200,
    alerts: 2000,
    suppressions: 200,
    patterns: 200,
};

/// A tool and the arguments of call number `n`.
type Load = (&'static str, fn(u64) -> Value);

const LOADS: [Load; 20] = [
    ("get_briefing", |_| json!({})),
    ("get_alerts", |_| json!({"limit": 10})),
    (
        "get_status",
        |n| json!({"source": format!("machine-{}", n % 20)}),
    ),
    ("get_suppressions", |_| json!({})),
    ("get_knowledge", |_| json!({"mode": "list", "limit": 10})),
    ("get_knowledge", |_| json!({"limit": 10})),
    (
        "get_knowledge",
        |n| json!({"mode": "list", "limit": 10, "tags": [format!("area-{}", n % 20)]}),
    ),
    (
        "get_knowledge",
        |n| json!({"mode": "list", "limit": 10, "source": format!("project-{}", n % 50)}),
    ),
    ("get_intentions", |_| json!({"mode": "list", "limit": 10})),
    ("get_deleted", |_| json!({"mode": "list", "limit": 10})),
    ("get_reads", |_| json!({"limit": 10})),
    ("get_actions", |_| json!({"limit": 10})),
    ("get_activity", |_| json!({"limit": 10})),
    ("get_unread", |_| json!({"limit": 10})),
    (
        "get_unread",
        |_| json!({"limit": 10, "since": "2001-01-01"}),
    ),
    (
        "get_related",
        |_| json!({"entry_id": "linked-0", "mode": "list"}),
    ),
    ("get_stats", |_| json!({})),
    ("get_tags", |_| json!({})),
    (
        "search",
        |n| json!({"query": format!("pump in hall {}", n % 17), "mode": "list"}),
    ),
    (
        "search",
        |n| json!({"query": format!("measurement {n}"), "mode": "list"}),
    ),
];

pub(crate) async fn measure() {
    println!(
        "\nReading tools over HTTP, {CONNECTIONS} connections, {} s each (bound: p99 50 ms)\n",
        TIME.as_secs()
    );
    println!("| Database | Tool | Arguments | p50 ms | p99 ms | calls/s |");
    println!("|---|---|---|---:|---:|---:|");
    for bench in [Bench::sqlite().await, Bench::postgres().await] {
        plant::notes(&bench.url, 100_000).await;
        plant::watched(&bench.url, HOUSE).await;
        plant::linked(&bench.url).await;
        let server = Running::start(&bench.url).await;
        // Entries are planted without what search knows them by.
        server.service.catch_up(|_| {}).await.unwrap();
        // What upkeep does after a write, and the first search of a process, which reads all entries.
        server.service.purge().await.unwrap();
        load(server.port, 1, TIME, "search", |_| json!({"query": "pump"})).await;
        for load in LOADS {
            let rate = run(&server, load).await;
            show(bench.name, load.0, &load.1(0).to_string(), rate);
        }
        server.stop().await;

        plant::watched(&bench.url, PLANT).await;
        let server = Running::start(&bench.url).await;
        let rate = load(server.port, 1, TIME, "get_briefing", |_| json!({})).await;
        let what = "200 sources, 2,000 alerts, one connection (bound: p50 20 ms)";
        show(bench.name, "get_briefing", what, rate);
        server.stop().await;
    }
}

async fn run(server: &Running, (tool, arguments): Load) -> Rate {
    load(server.port, CONNECTIONS, TIME, tool, arguments).await
}

fn show(name: &str, tool: &str, arguments: &str, rate: Rate) {
    println!(
        "| {name} | {tool} | `{arguments}` | {:.2} | {:.2} | {:.0} |",
        rate.p50.as_secs_f64() * 1000.0,
        rate.p99.as_secs_f64() * 1000.0,
        rate.per_second,
    );
}
