//! Into the trash, out of it, and out of the store.

use awareness::domain::{EntryType, Tags};
use awareness::store::{Access, EntryFilter, Order, StoreError};
use chrono::TimeDelta;

use super::{
    ann, at, bob, entry, expiring, found, note, reading, store_all, tagged, with, writing,
};
use crate::support::{Database, both_databases};

both_databases! {
    async fn an_entry_comes_back_from_the_trash_exactly_as_it_was(database: Database) {
        let store = database.store().await;
        let mut passing = expiring(note("passing", 1), 1_000_000);
        passing.expires = Some(awareness::domain::Timestamp::parse("2031-05-06T07:08:09.123456").unwrap());
        let staying = with(note("staying", 2), "_original_expires", "left over");
        store_all(&store, &ann(), [passing.clone(), staying]).await;

        let transaction = writing(&store, &ann()).await;
        assert_eq!(transaction.entries().trash(&EntryFilter::active(), at(50)).await.unwrap(), 2);
        assert_eq!(transaction.entries().trash(&EntryFilter::active(), at(60)).await.unwrap(), 0, "twice");
        transaction.commit().await.unwrap();
        let transaction = reading(&store, &ann()).await;
        let page = awareness::domain::PageRequest::default();
        let trash = transaction.entries().list(&EntryFilter::trashed(), Order::Deleted, page).await.unwrap();
        drop(transaction);
        assert!(found(&store, &ann(), &EntryFilter::active()).await.is_empty());
        for entry in &trash {
            assert_eq!(entry.deleted, Some(at(50)));
            assert_eq!(entry.expires, at(50).checked_add(TimeDelta::days(30)));
            assert_eq!(entry.updated, None);
        }

        let transaction = writing(&store, &ann()).await;
        let ids = [passing.id.clone(), "staying".into(), "unknown".into()];
        assert_eq!(transaction.entries().restore(&ids).await.unwrap(), 2);
        assert_eq!(transaction.entries().restore(&ids).await.unwrap(), 0, "twice");
        transaction.commit().await.unwrap();

        let transaction = reading(&store, &ann()).await;
        let entries = transaction.entries();
        let active = EntryFilter::active();
        assert_eq!(entries.find(&passing.id, &active).await.unwrap(), Some(passing));
        assert_eq!(entries.find(&"staying".into(), &active).await.unwrap(), Some(note("staying", 2)));
        drop(transaction);
        store.close().await;
    }

    async fn restoring_into_a_taken_place_is_a_conflict(database: Database) {
        let store = database.store().await;
        let mut keyed = note("first", 1);
        keyed.logical_key = Some("k".to_owned());
        store_all(&store, &ann(), [keyed.clone()]).await;
        let transaction = writing(&store, &ann()).await;
        transaction.entries().trash(&EntryFilter::active(), at(5)).await.unwrap();
        transaction.commit().await.unwrap();
        keyed.id = "second".into();
        store_all(&store, &ann(), [keyed]).await;

        let transaction = writing(&store, &ann()).await;
        let outcome = transaction.entries().restore(&["first".into()]).await;

        assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
        drop(transaction);
        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await, ["second"]);
        store.close().await;
    }

    async fn the_trash_is_found_by_its_tags(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [tagged(note("a", 1), &["x", "y"]), tagged(note("b", 2), &["x"])]).await;
        let transaction = writing(&store, &ann()).await;
        transaction.entries().trash(&EntryFilter::active(), at(5)).await.unwrap();
        transaction.commit().await.unwrap();
        let trashed = |tags: &[&str]| EntryFilter::trashed().tagged(&Tags::new(tags.iter().copied()));

        assert_eq!(found(&store, &ann(), &trashed(&["x"])).await, ["b", "a"]);
        assert_eq!(found(&store, &ann(), &trashed(&["y", "x"])).await, ["a"]);
        assert!(found(&store, &ann(), &EntryFilter::active().tagged(&Tags::new(["x"]))).await.is_empty());
        store.close().await;
    }

    async fn trash_is_purged_after_thirty_days_for_every_owner(database: Database) {
        let store = database.store().await;
        for owner in [ann(), bob()] {
            let (old, new) = (format!("old {owner}"), format!("new {owner}"));
            store_all(&store, &owner, [note(&old, 1), note(&new, 2)]).await;
            let transaction = writing(&store, &owner).await;
            for (id, second) in [(&old, 0), (&new, 100)] {
                let filter = EntryFilter::active().with_ids([&id.as_str().into()]);
                transaction.entries().trash(&filter, at(second)).await.unwrap();
            }
            transaction.commit().await.unwrap();
        }
        let due = at(50).checked_add(TimeDelta::days(30)).unwrap();

        let transaction = store.begin_system(Access::Write).await.unwrap();
        let purged = transaction.maintenance().purge_trash(due, 500).await.unwrap();
        transaction.commit().await.unwrap();

        assert_eq!(purged, 2);
        assert_eq!(found(&store, &ann(), &EntryFilter::trashed()).await, ["new ann"]);
        assert_eq!(found(&store, &bob(), &EntryFilter::trashed()).await, ["new bob"]);
        store.close().await;
    }

    async fn only_owners_who_asked_for_it_lose_what_has_expired(database: Database) {
        let store = database.store().await;
        for owner in [ann(), bob()] {
            store_all(&store, &owner, [expiring(note(&format!("over {owner}"), 1), 10), note(&format!("kept {owner}"), 2)]).await;
        }
        let wish = with(with(entry("wish", EntryType::Preference, "x", 1), "key", "auto_cleanup"), "value", "true");
        let no = with(with(entry("no", EntryType::Preference, "x", 1), "key", "auto_cleanup"), "value", "false");
        store_all(&store, &ann(), [wish]).await;
        store_all(&store, &bob(), [no]).await;

        let transaction = store.begin_system(Access::Read).await.unwrap();
        let owners = transaction.maintenance().owners_with_auto_cleanup().await.unwrap();
        drop(transaction);
        assert_eq!(owners, [ann()]);
        let transaction = writing(&store, &ann()).await;
        assert_eq!(transaction.entries().purge_expired(at(20)).await.unwrap(), 1);
        transaction.commit().await.unwrap();

        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await, ["kept ann", "wish"]);
        assert_eq!(found(&store, &bob(), &EntryFilter::active()).await.len(), 3);
        store.close().await;
    }

    async fn clearing_an_owner_leaves_the_others_complete(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1), note("b", 2)]).await;
        store_all(&store, &bob(), [note("c", 1)]).await;

        let transaction = writing(&store, &ann()).await;
        assert_eq!(transaction.entries().clear().await.unwrap(), 2);
        transaction.commit().await.unwrap();

        assert!(found(&store, &ann(), &EntryFilter::active()).await.is_empty());
        assert_eq!(found(&store, &bob(), &EntryFilter::active()).await, ["c"]);
        store.close().await;
    }
}
