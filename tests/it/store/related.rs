//! Entries that belong together.

use awareness::domain::EntryId;
use awareness::store::EntryFilter;
use serde_json::json;

use super::{ann, at, note, reading, store_all, with};
use crate::support::{Database, both_databases};

both_databases! {
    async fn of_too_many_related_entries_those_touched_last_are_listed(database: Database) {
        let store = database.store().await;
        let ids: Vec<String> = (0..1_003).map(|number| format!("linked-{number:04}")).collect();
        // Stored in another order than that of time.
        let linked = (0_i64..).zip(&ids).map(|(number, id)| note(id, number * 500 % 1_003));
        store_all(&store, &ann(), linked).await;
        let hub = with(note("hub", 0), "related_ids", json!(ids));
        store_all(&store, &ann(), [hub.clone()]).await;

        let transaction = reading(&store, &ann()).await;
        let related = transaction.entries().list_related(&hub, &EntryFilter::active()).await.unwrap();
        transaction.commit().await.unwrap();

        assert_eq!(related.len(), 1_001);
        assert!(related.is_sorted_by(|a, b| (a.touched(), &a.id) > (b.touched(), &b.id)));
        let left_out: Vec<&String> = ids.iter().filter(|id| !related.iter().any(|one| one.id == EntryId::from(id.as_str()))).collect();
        assert_eq!(left_out.len(), 2);
        let oldest = related.last().unwrap().touched();
        assert_eq!(oldest, at(2), "the two before it are left out: {left_out:?}");
        store.close().await;
    }
}
