//! The store, call by call.

use awareness::domain::{Clock, Entry, EntryType, Ids, Owner, RandomIds, SystemClock};
use awareness::store::{Access, EntryFilter, Order};

use crate::support::{Database, both_databases};

both_databases! {
    async fn an_entry_is_found_again_as_it_was_stored(database: Database) {
        let store = database.store().await;
        let owner = Owner::new("ann").unwrap();
        let now = SystemClock.now();
        let mut entry = Entry::new(RandomIds.next(now), EntryType::Note, "greenhouse", now);
        entry.data.insert("description".to_owned(), "Vent opens at 28 °C".into());
        entry.tags = awareness::domain::Tags::new(["a","b"]);

        let transaction = store.begin(&owner, Access::Write).await.unwrap();
        transaction.entries().insert(&entry).await.unwrap();
        transaction.commit().await.unwrap();

        let transaction = store.begin(&owner, Access::Read).await.unwrap();
        let entries = transaction.entries();
        let found = entries.find(&entry.id, &EntryFilter::active()).await.unwrap();
        assert_eq!(found, Some(entry.clone()));
        let page = awareness::domain::PageRequest::default();
        let tags = awareness::domain::Tags::new(["b"]);
        let list = entries.list(&EntryFilter::active().tagged(&tags), Order::Touched, page).await.unwrap();
        assert_eq!(list.len(), 1);
        let list = entries.list_summaries(&EntryFilter::active().tagged(&tags), Order::Touched, page).await.unwrap();
        assert_eq!(list[0].description, "Vent opens at 28 °C");
        drop(transaction);
        store.close().await;
    }
}
