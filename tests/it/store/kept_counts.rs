//! Kept counts and links say the same as the rows they are derived from, whatever happened to those.

use awareness::domain::{EntryType, Tags};
use awareness::store::{Access, EntryFilter, Store};
use serde_json::json;

use super::{ann, at, bob, entry, tagged, with};
use crate::support::{Database, Raw, both_databases};

/// Numbers that look random and are the same each time (Knuth's 64-bit linear congruential generator, MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);

        (self.0 >> 33) % bound
    }
}

/// Does something to one of a few entries.
async fn disturb(store: &Store, numbers: &mut Numbers) {
    let owner = if numbers.below(4) == 0 { bob() } else { ann() };
    let id = format!("{}-{}", owner.as_str(), numbers.below(12));
    let only = EntryFilter::active().with_ids([&id.as_str().into()]);
    let transaction = store.begin(&owner, Access::Write).await.unwrap();
    let entries = transaction.entries();
    let held = entries.find_for_update(&id.as_str().into()).await.unwrap();
    let tags = ["a", "b", "c"].map(|tag| format!("{tag}{}", numbers.below(2)));
    let links = json!([format!("ann-{}", numbers.below(12))]);
    match (held, numbers.below(5)) {
        (None, _) => {
            let back = entries.restore(&[id.as_str().into()]).await.unwrap();
            if back == 0 {
                let source = format!("s{}", numbers.below(3));
                let kind = if numbers.below(2) == 0 {
                    EntryType::Note
                } else {
                    EntryType::Pattern
                };
                let fresh = entry(&id, kind, &source, 1);
                let fresh = with(tagged(fresh, &[&tags[0], &tags[1]]), "related_ids", links);
                entries.insert(&fresh).await.unwrap();
            }
        }
        (Some(_), 0 | 1) => {
            entries.trash(&only, at(50)).await.unwrap();
        }
        (Some(mut held), 2) => {
            held.tags = Tags::new(&tags[1..]);
            held.updated = Some(at(2));
            entries.update(&held).await.unwrap();
        }
        (Some(mut held), 3) => {
            held.source = format!("s{}", numbers.below(3));
            held.data.insert("related_ids".to_owned(), links);
            entries.update(&held).await.unwrap();
        }
        (Some(_), _) if numbers.below(8) == 0 => {
            entries.clear().await.unwrap();
        }
        _ => {}
    }
    transaction.commit().await.unwrap();
}

async fn assert_derived_rows_agree(raw: &Raw) {
    let kept = "SELECT owner_id || '/' || kind || '/' || name || '=' || SUM(count)
                FROM entry_counts GROUP BY owner_id, kind, name HAVING SUM(count) <> 0 ORDER BY 1";
    let counted = "
        SELECT owner_id || '/type/' || type || '=' || COUNT(*) FROM entries WHERE deleted IS NULL GROUP BY owner_id, type
        UNION ALL
        SELECT owner_id || '/source/' || source || '=' || COUNT(*) FROM entries WHERE deleted IS NULL GROUP BY owner_id, source
        UNION ALL
        SELECT owner_id || '/tag/' || tag || '=' || COUNT(*) FROM entry_tags WHERE deleted IS NULL GROUP BY owner_id, tag
        ORDER BY 1";
    assert_eq!(raw.texts(kept).await, raw.texts(counted).await);

    let tags_in_table = "SELECT entry_id || tag FROM entry_tags ORDER BY 1".to_owned();
    let tags_in_column = if raw.is_postgres() {
        "SELECT DISTINCT id || (tag #>> '{}') FROM entries, jsonb_array_elements(tags) AS tag ORDER BY 1"
    } else {
        "SELECT DISTINCT entries.id || value FROM entries, json_each(tags) ORDER BY 1"
    };
    assert_eq!(
        raw.texts(&tags_in_table).await,
        raw.texts(tags_in_column).await
    );
    let stale_tags = "SELECT COUNT(*) FROM entry_tags JOIN entries ON entries.id = entry_id
                      WHERE touched <> COALESCE(updated, entries.created)
                          OR (entry_tags.deleted IS NULL) <> (entries.deleted IS NULL)
                          OR entry_tags.owner_id <> entries.owner_id";
    assert_eq!(raw.number(stale_tags).await, 0);

    let stale_reads = "SELECT COUNT(*) FROM entries LEFT JOIN read_counts ON entries.id = entry_id
                       WHERE entry_id IS NULL OR (read_counts.deleted IS NULL) <> (entries.deleted IS NULL)";
    assert_eq!(raw.number(stale_reads).await, 0);

    let links_in_column = if raw.is_postgres() {
        "SELECT id || (link #>> '{}') FROM entries, jsonb_array_elements(data -> 'related_ids') AS link ORDER BY 1"
    } else {
        "SELECT entries.id || value FROM entries, json_each(data, '$.related_ids') ORDER BY 1"
    };
    let links_in_table = "SELECT entry_id || related_id FROM entry_links ORDER BY 1";
    assert_eq!(
        raw.texts(links_in_table).await,
        raw.texts(links_in_column).await
    );
}

both_databases! {
    async fn derived_rows_agree_with_entries_whatever_happened(database: Database) {
        let store = database.store().await;
        let raw = database.connect().await;
        let mut numbers = Numbers(7);
        for round in 0..400 {
            disturb(&store, &mut numbers).await;
            if round % 40 == 0 {
                assert_derived_rows_agree(&raw).await;
            }
        }
        assert_derived_rows_agree(&raw).await;

        let system = store.begin_system(Access::Write).await.unwrap();
        system.maintenance().put_counts_together().await.unwrap();
        system.commit().await.unwrap();

        assert_derived_rows_agree(&raw).await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM entry_counts WHERE slot <> 0").await, 0);
        assert!(raw.number("SELECT COUNT(*) FROM entry_counts WHERE count > 0").await > 5, "there was something to count");
        store.close().await;
    }

    async fn writers_of_one_owner_do_not_wait_for_each_others_counts(database: Database) {
        let store = database.store().await;
        let tasks: Vec<_> = (0..40)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let transaction = store.begin(&ann(), Access::Write).await.unwrap();
                    for part in 0..3 {
                        let fresh = entry(&format!("{number}-{part}"), EntryType::Note, "s", 1);
                        let tags = if number % 2 == 0 { ["x", "y"] } else { ["y", "x"] };
                        transaction.entries().insert(&tagged(fresh, &tags)).await.unwrap();
                    }
                    transaction.commit().await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }

        assert_derived_rows_agree(&database.connect().await).await;
        store.close().await;
    }
}
