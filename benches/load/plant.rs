//! Entries to measure with.

use awareness::domain::{
    Clock as _, Entry, EntryType, Ids as _, Owner, RandomIds, SystemClock, Tags,
};
use awareness::service::NewNote;
use awareness::store::{Access, Store};
use migration::DatabaseUrl;
use serde_json::json;

use crate::OWNER;

/// Entries written in one transaction.
const AT_ONCE: usize = 1000;

/// Plants notes: fifty sources, a tag in a thousand, a tag in twenty, and one that all have.
pub(crate) async fn notes(url: &DatabaseUrl, count: u64) {
    store_all(url, OWNER, (0..count).map(note)).await;
}

/// How much an owner watches.
#[derive(Clone, Copy)]
pub(crate) struct Watched {
    /// What the names of the sources begin with.
    pub(crate) named: &'static str,
    pub(crate) sources: u64,
    pub(crate) alerts: u64,
    pub(crate) suppressions: u64,
    pub(crate) patterns: u64,
}

/// Plants statuses, live alerts, suppressions, patterns, and as many waiting intentions as there are sources.
pub(crate) async fn watched(url: &DatabaseUrl, watched: Watched) {
    let of = move |kind, number| {
        let source = format!("{}-{}", watched.named, number % watched.sources);
        watched_entry(kind, number, source)
    };
    let entries = [
        (EntryType::Status, watched.sources),
        (EntryType::Alert, watched.alerts),
        (EntryType::Suppression, watched.suppressions),
        (EntryType::Pattern, watched.patterns),
        (EntryType::Intention, watched.sources),
    ]
    .into_iter()
    .flat_map(|(kind, count)| (0..count).map(move |number| of(kind, number)));
    store_all(url, OWNER, entries).await;
}

/// Plants ten notes that all belong with the first, `linked-0`.
pub(crate) async fn linked(url: &DatabaseUrl) {
    let entries = (0..10).map(|number| {
        let mut entry = note(number);
        entry.id = format!("linked-{number}").into();
        entry
            .data
            .insert("related_ids".to_owned(), json!(["linked-0"]));
        entry
    });
    store_all(url, OWNER, entries).await;
}

/// Stores entries without a vector.
pub(crate) async fn store_all(
    url: &DatabaseUrl,
    owner: &str,
    entries: impl IntoIterator<Item = Entry>,
) {
    let store = Store::open(url).await.unwrap();
    let owner = Owner::new(owner).unwrap();
    let mut entries = entries.into_iter().peekable();
    while entries.peek().is_some() {
        let transaction = store.begin(&owner, Access::Write).await.unwrap();
        for entry in entries.by_ref().take(AT_ONCE) {
            transaction.entries().insert(&entry).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }
    store.close().await;
    // What autovacuum does within a minute; the figures should not depend on which minute it is.
    let runner = migration::Runner::new(url.clone(), migration::Migrator::new(OWNER));
    runner.analyze().await.unwrap();
}

/// What a client asks to be remembered.
pub(crate) fn new_note(description: String) -> NewNote {
    NewNote {
        source: "benchmark".to_owned(),
        description,
        tags: Tags::new(["a", "b", "c"]),
        content: None,
        content_type: None,
        learned_from: None,
        logical_key: None,
        language: None,
        related_ids: None,
    }
}

/// An entry with nothing in it.
pub(crate) fn entry(kind: EntryType, source: String) -> Entry {
    let now = SystemClock.now();

    Entry::new(RandomIds.next(now), kind, source, now)
}

fn watched_entry(kind: EntryType, number: u64, source: String) -> Entry {
    let mut entry = entry(kind, source);
    entry.tags = Tags::new([format!("area-{}", number % 20)]);
    let level = if number.is_multiple_of(7) {
        "critical"
    } else {
        "warning"
    };
    let data = match kind {
        EntryType::Status => json!({"metrics": {"load": number}, "ttl_sec": 86_400}),
        EntryType::Alert => json!({
            "alert_id": format!("alert-{number}"), "level": level, "alert_type": "threshold", "resolved": false,
            "metric": format!("metric-{}", number % 13),
            "message": format!("pressure {} above its bound in hall {}", number % 101, number % 17),
        }),
        EntryType::Suppression => json!({
            "metric": format!("metric-{}", number % 26), "suppress_level": "warning", "escalation_override": true,
        }),
        EntryType::Pattern => json!({
            "description": "d", "effect": format!("pressure above its bound, case {number}"),
            "conditions": {"hour_range": [number % 24, (number + 6) % 24]},
        }),
        _ => json!({"goal": "g", "state": "pending", "deliver_at": "2999-01-01T00:00:00+00:00"}),
    };
    if let serde_json::Value::Object(data) = data {
        entry.data = data;
    }

    entry
}

fn note(number: u64) -> Entry {
    let mut entry = entry(EntryType::Note, format!("project-{}", number % 50));
    entry.tags = Tags::new([
        "common".to_owned(),
        format!("area-{}", number % 20),
        format!("topic-{}", number % 1000),
    ]);
    let description = format!(
        "Measurement {number}: the pump in hall {} runs at {} per cent and was last serviced in week {}",
        number % 17,
        number % 101,
        number % 52
    );
    entry
        .data
        .insert("description".to_owned(), description.into());
    entry
        .data
        .insert("learned_from".to_owned(), "conversation".into());
    if number.is_multiple_of(3) {
        let content = format!("Details of measurement {number}. ").repeat(10);
        entry.data.insert("content".to_owned(), content.into());
        entry
            .data
            .insert("content_type".to_owned(), "text/plain".into());
    }

    entry
}
