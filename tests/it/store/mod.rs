//! The store, call by call, on both databases.

mod concurrency;
mod embeddings;
mod faults;
mod filters;
mod isolation;
mod kept_counts;
mod logs;
mod plans;
mod related;
mod trash;
mod upserts;

use awareness::domain::{Entry, EntryId, EntryType, Owner, Tags, Timestamp};
use awareness::store::{Access, EntryFilter, Order, Store, Transaction};
use chrono::TimeDelta;
use serde_json::Value;

/// The owner whose entries most tests are about.
fn ann() -> Owner {
    Owner::new("ann").unwrap()
}

/// Someone else.
fn bob() -> Owner {
    Owner::new("bob").unwrap()
}

/// A time, in seconds after the start of the tests' year.
fn at(seconds: i64) -> Timestamp {
    Timestamp::parse("2031-01-01")
        .unwrap()
        .checked_add(TimeDelta::seconds(seconds))
        .unwrap()
}

/// An entry made at a second, with its id as its description.
fn entry(id: &str, entry_type: EntryType, source: &str, second: i64) -> Entry {
    let mut entry = Entry::new(EntryId::from(id), entry_type, source, at(second));
    entry.data.insert("description".to_owned(), id.into());

    entry
}

fn note(id: &str, second: i64) -> Entry {
    entry(id, EntryType::Note, "garden", second)
}

fn tagged(mut entry: Entry, tags: &[&str]) -> Entry {
    entry.tags = Tags::new(tags.iter().copied());

    entry
}

fn with(mut entry: Entry, key: &str, value: impl Into<Value>) -> Entry {
    entry.data.insert(key.to_owned(), value.into());

    entry
}

fn touched(mut entry: Entry, second: i64) -> Entry {
    entry.updated = Some(at(second));

    entry
}

fn expiring(mut entry: Entry, second: i64) -> Entry {
    entry.expires = Some(at(second));

    entry
}

/// Stores entries of an owner.
pub(crate) async fn store_all(
    store: &Store,
    owner: &Owner,
    entries: impl IntoIterator<Item = Entry>,
) {
    let transaction = store.begin(owner, Access::Write).await.unwrap();
    for entry in entries {
        transaction.entries().insert(&entry).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

async fn reading(store: &Store, owner: &Owner) -> Transaction {
    store.begin(owner, Access::Read).await.unwrap()
}

async fn writing(store: &Store, owner: &Owner) -> Transaction {
    store.begin(owner, Access::Write).await.unwrap()
}

/// The ids a filter finds, last touched first, by the list and by the summaries, which must agree.
async fn found(store: &Store, owner: &Owner, filter: &EntryFilter) -> Vec<String> {
    let transaction = reading(store, owner).await;
    let page = awareness::domain::PageRequest::default();
    let list = transaction
        .entries()
        .list(filter, Order::Touched, page)
        .await
        .unwrap();
    let summaries = transaction
        .entries()
        .list_summaries(filter, Order::Touched, page)
        .await
        .unwrap();
    let count = transaction.entries().count(filter).await.unwrap();
    transaction.commit().await.unwrap();

    let ids: Vec<_> = list
        .into_iter()
        .map(|entry| entry.id.into_string())
        .collect();
    let listed: Vec<_> = summaries
        .into_iter()
        .map(|summary| summary.id.into_string())
        .collect();
    assert_eq!(ids, listed, "both forms find the same");
    assert_eq!(ids.len() as u64, count, "the count agrees");

    ids
}
