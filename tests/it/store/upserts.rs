//! Writing the same thing again.

use awareness::domain::EntryType;
use awareness::store::{EntryFilter, Identity, StoreError};
use serde_json::json;

use super::{ann, at, bob, entry, found, note, reading, store_all, with, writing};
use crate::support::{Database, both_databases};

fn keyed(id: &str, key: &str) -> awareness::domain::Entry {
    let mut entry = note(id, 1);
    entry.logical_key = Some(key.to_owned());

    entry
}

both_databases! {
    async fn an_identity_is_inserted_once_and_then_found(database: Database) {
        let store = database.store().await;
        let alert = with(entry("alert", EntryType::Alert, "s", 1), "alert_id", "a1");
        let preference = with(with(entry("preference", EntryType::Preference, "global", 1), "key", "k"), "scope", "global");

        for first in [keyed("keyed", "k"), entry("status", EntryType::Status, "s", 1), alert, preference] {
            let identity = Identity::of(&first).pop().unwrap();
            let mut second = first.clone();
            second.id = "second".into();

            let transaction = writing(&store, &ann()).await;
            assert_eq!(transaction.entries().insert_or_find(&first, &identity).await.unwrap(), None);
            let held = transaction.entries().insert_or_find(&second, &identity).await.unwrap();
            transaction.commit().await.unwrap();

            assert_eq!(held.map(|held| held.id), Some(first.id.clone()), "{identity:?}");
        }
        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await.len(), 4);
        store.close().await;
    }

    async fn identities_of_two_owners_and_of_the_trash_do_not_clash(database: Database) {
        let store = database.store().await;
        let status = |id: &str| entry(id, EntryType::Status, "s", 1);
        store_all(&store, &ann(), [keyed("a", "k"), status("sa")]).await;
        store_all(&store, &bob(), [keyed("b", "k"), status("sb")]).await;

        let transaction = writing(&store, &ann()).await;
        transaction.entries().trash(&EntryFilter::active(), at(5)).await.unwrap();
        transaction.commit().await.unwrap();
        store_all(&store, &ann(), [keyed("a2", "k"), status("sa2")]).await;

        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await, ["sa2", "a2"]);
        assert_eq!(found(&store, &bob(), &EntryFilter::active()).await, ["sb", "b"]);
        store.close().await;
    }

    async fn a_taken_id_or_identity_is_a_conflict_and_leaves_nothing_behind(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [keyed("a", "k")]).await;

        for clash in [note("a", 2), keyed("b", "k")] {
            let transaction = writing(&store, &ann()).await;
            let outcome = transaction.entries().insert(&clash).await;
            assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
        }

        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await, ["a"]);
        store.close().await;
    }

    async fn a_change_writes_everything_but_id_type_and_creation(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [keyed("a", "k")]).await;
        let transaction = writing(&store, &ann()).await;
        let mut entry = transaction.entries().find_for_update(&"a".into()).await.unwrap().unwrap();
        let unchanged = (entry.created, entry.entry_type);

        entry.source = String::from("elsewhere");
        entry.updated = Some(at(9));
        entry.data = serde_json::from_value(json!({"description": "other", "n": null})).unwrap();
        entry.logical_key = None;
        transaction.entries().update(&entry).await.unwrap();
        transaction.commit().await.unwrap();

        let transaction = reading(&store, &ann()).await;
        let found = transaction.entries().find(&"a".into(), &EntryFilter::active()).await.unwrap().unwrap();
        drop(transaction);
        assert_eq!((found.created, found.entry_type), unchanged);
        assert_eq!(found, entry);
        store.close().await;
    }

    async fn a_schema_is_found_by_its_owner_first_and_else_among_the_shared(database: Database) {
        let store = database.store().await;
        let schema = |id: &str, version: &str| {
            with(with(entry(id, EntryType::Schema, "s", 1), "family", "f"), "version", version)
        };
        store_all(&store, &awareness::domain::Owner::system(), [schema("shared", "1"), schema("shared 2", "2")]).await;
        store_all(&store, &ann(), [schema("own", "1")]).await;

        let ids = async |owner| {
            let transaction = reading(&store, &owner).await;
            let mut ids = Vec::new();
            for version in ["1", "2", "3"] {
                let found = transaction.entries().find_schema("f", version).await.unwrap();
                ids.push(found.map(|entry| entry.id.into_string()));
            }
            ids
        };

        assert_eq!(ids(ann()).await, [Some("own".to_owned()), Some("shared 2".to_owned()), None]);
        assert_eq!(ids(bob()).await, [Some("shared".to_owned()), Some("shared 2".to_owned()), None]);
        store.close().await;
    }

    async fn the_shared_owner_cannot_be_read_changed_or_removed_by_others(database: Database) {
        let store = database.store().await;
        let shared = [entry("schema", EntryType::Schema, "s", 1), note("note", 1)];
        store_all(&store, &awareness::domain::Owner::system(), shared).await;

        let transaction = writing(&store, &ann()).await;
        let entries = transaction.entries();
        assert_eq!(entries.find(&"schema".into(), &EntryFilter::active()).await.unwrap(), None);
        assert_eq!(entries.trash(&EntryFilter::active(), at(1)).await.unwrap(), 0);
        assert_eq!(entries.clear().await.unwrap(), 0);
        transaction.commit().await.unwrap();

        let kept = found(&store, &awareness::domain::Owner::system(), &EntryFilter::active()).await;
        assert_eq!(kept, ["schema", "note"]);
        store.close().await;
    }
}
