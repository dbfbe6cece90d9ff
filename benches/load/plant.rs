//! Entries to measure with.

use awareness::domain::{
    Clock as _, Entry, EntryType, Ids as _, Owner, RandomIds, SystemClock, Tags,
};
use awareness::store::{Access, Store};
use migration::DatabaseUrl;

use crate::OWNER;

/// Entries written in one transaction.
const AT_ONCE: usize = 1000;

/// Plants notes: fifty sources, a tag in a thousand, a tag in twenty, and one that all have.
pub(crate) async fn notes(url: &DatabaseUrl, count: u64) {
    let store = Store::open(url).await.unwrap();
    let owner = Owner::new(OWNER).unwrap();
    let numbers: Vec<u64> = (0..count).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let transaction = store.begin(&owner, Access::Write).await.unwrap();
        for &number in numbers {
            transaction.entries().insert(&note(number)).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }
    store.close().await;
    // What autovacuum does within a minute; the figures should not depend on which minute it is.
    let runner = migration::Runner::new(url.clone(), migration::Migrator::new(OWNER));
    runner.analyze().await.unwrap();
}

fn note(number: u64) -> Entry {
    let now = SystemClock.now();
    let source = format!("project-{}", number % 50);
    let mut entry = Entry::new(RandomIds.next(now), EntryType::Note, source, now);
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
