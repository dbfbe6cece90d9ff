//! The briefing: what needs attention, already filtered.

mod alerts;
mod intentions;
mod malformed;
mod mentions;
mod patterns;
mod random;
mod sources;
mod suppressions;

use awareness::domain::{Clock as _, Timestamp};
use serde_json::{Value, json};

use crate::support::{Product, Session};

/// Asks for the briefing, which must agree with itself.
async fn briefing(session: &Session) -> Value {
    let briefing = session.call("get_briefing", json!({})).await;
    let count = |key: &str| briefing["evaluation"][key].as_u64().unwrap();
    let fired = briefing.get("fired_intentions").map_or(0, |fired| {
        let fired = fired.as_array().unwrap().len();
        assert_ne!(fired, 0, "the key is there only if something fired");
        fired as u64
    });

    assert_eq!(
        count("alerts_checked"),
        count("suppressed") + count("pattern_matched") + count("surfaced"),
        "{briefing}"
    );
    assert_eq!(briefing["active_alerts"], count("surfaced"));
    assert_eq!(briefing["pending_intentions"], count("intentions_pending"));
    assert_eq!(count("intentions_fired"), fired);
    let needs_attention = count("surfaced") + count("stale_sources") + fired > 0;
    assert_eq!(briefing["attention_needed"], needs_attention);
    assert_eq!(
        briefing.get("suggested_mention").is_some(),
        needs_attention,
        "{briefing}"
    );
    assert_eq!(briefing["staleness_sec"], 0);
    assert_eq!(briefing["upcoming"], json!([]));

    briefing
}

/// How each source is, in order.
fn states(briefing: &Value) -> String {
    let sources = briefing["sources"].as_object().unwrap();
    let states: Vec<_> = sources
        .iter()
        .map(|(name, source)| format!("{name}: {}", source["status"].as_str().unwrap()))
        .collect();

    states.join(", ")
}

/// How many alerts were suppressed, explained by a pattern, and left.
fn outcome(briefing: &Value) -> [u64; 3] {
    ["suppressed", "pattern_matched", "surfaced"]
        .map(|key| briefing["evaluation"][key].as_u64().unwrap())
}

async fn report(session: &Session, source: &str) {
    let status = json!({"source": source, "tags": [], "metrics": {}});

    session.call("report_status", status).await;
}

/// Moves the clock to a time.
fn advance_to(product: &Product, time: &str) {
    let time = Timestamp::parse(time).unwrap().utc();
    let now = product.clock.now().utc();

    product.clock.advance(time.signed_duration_since(now));
}
