//! Which entries a filter means, and in which order.

use awareness::domain::{EntryType, Language, PageRequest, SummaryDetail, Tags};
use awareness::store::{EntryFilter, Expired, Order};
use serde_json::json;

use super::{
    ann, at, entry, expiring, found, note, reading, store_all, tagged, touched, with, writing,
};
use crate::support::{Database, both_databases};

both_databases! {
    async fn an_entry_is_found_again_as_it_was_stored(database: Database) {
        let store = database.store().await;
        let mut stored = tagged(note("n", 1), &["b", "a"]);
        stored = with(stored, "unknown", json!({"deep": [1, 2.5, null, true, "O'Brien {0} 100%s \" \\ Ünïcode"]}));
        stored = expiring(touched(stored, 5), 1_000_000);
        stored.logical_key = Some("key".to_owned());
        stored.language = Language::from_code("fr").unwrap();
        stored.created = "2031-01-01T00:00:00.123456+00:00".parse_time();
        store_all(&store, &ann(), [stored.clone()]).await;

        let transaction = reading(&store, &ann()).await;
        let found = transaction.entries().find(&stored.id, &EntryFilter::active()).await.unwrap();
        drop(transaction);

        assert_eq!(found, Some(stored));
        store.close().await;
    }

    async fn tags_are_all_needed_exactly(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [
            tagged(note("both", 1), &["a", "b"]),
            tagged(note("one", 2), &["a"]),
            tagged(note("case", 3), &["A", "b"]),
            tagged(note("odd", 4), &["'; DROP TABLE entries;--", "100%", "ü"]),
        ])
        .await;
        let tagged = |tags: &[&str]| EntryFilter::active().tagged(&Tags::new(tags.iter().copied()));

        assert_eq!(found(&store, &ann(), &tagged(&["a"])).await, ["one", "both"]);
        assert_eq!(found(&store, &ann(), &tagged(&["b", "a"])).await, ["both"]);
        assert_eq!(found(&store, &ann(), &tagged(&["'; DROP TABLE entries;--", "ü"])).await, ["odd"]);
        assert_eq!(found(&store, &ann(), &tagged(&["100"])).await, Vec::<String>::new());
        assert_eq!(found(&store, &ann(), &tagged(&[])).await.len(), 4);
        store.close().await;
    }

    async fn times_are_inclusive_and_since_looks_at_the_last_touch(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("old", 10), touched(note("touched", 5), 20), note("new", 30)]).await;
        let active = EntryFilter::active;

        assert_eq!(found(&store, &ann(), &active().touched_since(at(20))).await, ["new", "touched"]);
        assert_eq!(found(&store, &ann(), &active().touched_until(at(20))).await, ["touched", "old"]);
        assert_eq!(found(&store, &ann(), &active().created_since(at(10))).await, ["new", "old"]);
        assert_eq!(found(&store, &ann(), &active().created_until(at(5))).await, ["touched"]);
        store.close().await;
    }

    async fn fractions_of_a_second_of_any_length_compare_by_time(database: Database) {
        let store = database.store().await;
        let fractions = ["10", "10.1", "10.100001", "10.12", "10.123456", "10.2", "11"];
        let entries = fractions.map(|second| {
            let mut entry = note(second, 0);
            entry.created = format!("2031-01-01T00:00:{second}+00:00").parse_time();
            entry
        });
        store_all(&store, &ann(), entries).await;

        let mut expected: Vec<_> = fractions.to_vec();
        expected.reverse();
        assert_eq!(found(&store, &ann(), &EntryFilter::active()).await, expected);
        for (place, fraction) in fractions.iter().enumerate() {
            let time = format!("2031-01-01T00:00:{fraction}+00:00").parse_time();
            let since = found(&store, &ann(), &EntryFilter::active().touched_since(time)).await;
            assert_eq!(since.len(), fractions.len() - place, "{fraction}");
        }
        store.close().await;
    }

    async fn sources_types_languages_and_origins_are_matched_exactly(database: Database) {
        let store = database.store().await;
        let mut french = with(note("french", 1), "learned_from", "a book");
        french.language = Language::from_code("fr").unwrap();
        store_all(&store, &ann(), [
            french,
            entry("global", EntryType::Pattern, "", 2),
            entry("record", EntryType::Record, "garden", 3),
        ])
        .await;
        let active = EntryFilter::active;

        assert_eq!(found(&store, &ann(), &active().about("")).await, ["global"]);
        assert_eq!(found(&store, &ann(), &active().about("garden")).await, ["record", "french"]);
        assert_eq!(found(&store, &ann(), &active().of_types([EntryType::Record])).await, ["record"]);
        assert_eq!(
            found(&store, &ann(), &active().of_types([EntryType::Note, EntryType::Pattern])).await,
            ["global", "french"]
        );
        assert_eq!(found(&store, &ann(), &active().in_language(Language::from_code("fr").unwrap())).await, ["french"]);
        assert_eq!(found(&store, &ann(), &active().learned_from("a book")).await, ["french"]);
        assert_eq!(found(&store, &ann(), &active().learned_from("A book")).await, Vec::<String>::new());
        store.close().await;
    }

    async fn what_has_expired_is_hidden_from_its_second_on(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [expiring(note("passing", 1), 100), note("staying", 2)]).await;
        let hidden_at = |second| EntryFilter::active().expired(Expired::HiddenAt(at(second)));

        assert_eq!(found(&store, &ann(), &hidden_at(99)).await, ["staying", "passing"]);
        assert_eq!(found(&store, &ann(), &hidden_at(100)).await, ["staying"]);
        assert_eq!(found(&store, &ann(), &EntryFilter::active().expired(Expired::Shown)).await.len(), 2);
        store.close().await;
    }

    async fn only_true_is_resolved(database: Database) {
        let store = database.store().await;
        let alert = |id: &str, resolved: serde_json::Value| {
            with(with(entry(id, EntryType::Alert, "s", 1), "alert_id", id), "resolved", resolved)
        };
        store_all(&store, &ann(), [
            alert("true", json!(true)),
            alert("false", json!(false)),
            alert("one", json!(1)),
            alert("text", json!("true")),
            alert("array", json!([true])),
            with(entry("absent", EntryType::Alert, "s", 1), "alert_id", "absent"),
        ])
        .await;

        let open = found(&store, &ann(), &EntryFilter::active().unresolved()).await;

        assert_eq!(open, ["text", "one", "false", "array", "absent"]);
        store.close().await;
    }

    async fn a_history_is_an_array_that_holds_something(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [
            with(note("some", 1), "changelog", json!([{"updated": "x", "changed": {}}])),
            with(note("none", 2), "changelog", json!([])),
            with(note("text", 3), "changelog", json!("x")),
            note("absent", 4),
        ])
        .await;

        assert_eq!(found(&store, &ann(), &EntryFilter::active().with_history()).await, ["some"]);
        store.close().await;
    }

    async fn pages_of_entries_with_equal_times_share_nothing_and_miss_nothing(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), (0..25).map(|number| tagged(note(&format!("n{number:02}"), 7), &["t"]))).await;
        let tags = Tags::new(["t"]);

        for filter in [EntryFilter::active(), EntryFilter::active().tagged(&tags)] {
            let transaction = reading(&store, &ann()).await;
            let mut seen = Vec::new();
            for offset in (0..30).step_by(10) {
                let page = PageRequest { offset, ..PageRequest::first(10) };
                let rows = transaction.entries().list(&filter, Order::Touched, page).await.unwrap();
                assert_eq!(rows.len(), if offset < 20 { 11 } else { 5 });
                seen.extend(rows.into_iter().take(10).map(|entry| entry.id.into_string()));
            }
            drop(transaction);
            let expected: Vec<_> = (0..25).rev().map(|number| format!("n{number:02}")).collect();
            assert_eq!(seen, expected);
        }
        store.close().await;
    }

    async fn summaries_show_what_their_type_has(database: Database) {
        let store = database.store().await;
        let mut alert = entry("alert", EntryType::Alert, "s", 3);
        alert.data = serde_json::from_value(json!({
            "alert_id": "a1", "level": "critical", "message": "hot", "resolved": true,
        }))
        .unwrap();
        let mut intention = entry("intention", EntryType::Intention, "s", 2);
        intention.data = serde_json::from_value(json!({"goal": "buy", "description": 7})).unwrap();
        store_all(&store, &ann(), [note("note", 1), intention, alert]).await;

        let transaction = reading(&store, &ann()).await;
        let page = PageRequest::default();
        let filter = EntryFilter::active();
        let summaries = transaction.entries().list_summaries(&filter, Order::Touched, page).await.unwrap();
        drop(transaction);

        let shown: Vec<_> = summaries.iter().map(|one| (one.description.as_str(), one.detail.clone())).collect();
        assert_eq!(shown, [
            ("hot", SummaryDetail::Alert { alert_id: "a1".into(), level: "critical".into(), resolved: true }),
            ("7", SummaryDetail::Intention { goal: "buy".into(), state: "pending".into() }),
            ("note", SummaryDetail::None),
        ]);
        store.close().await;
    }

    async fn statistics_count_what_is_active_and_has_not_expired(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [
            tagged(note("a", 1), &["x", "y"]),
            tagged(note("b", 2), &["x"]),
            tagged(expiring(entry("gone", EntryType::Context, "attic", 3), 50), &["x", "z"]),
            entry("pattern", EntryType::Pattern, "", 4),
        ])
        .await;
        let transaction = writing(&store, &ann()).await;
        let trashed = EntryFilter::active().with_ids([&"b".into()]);
        transaction.entries().trash(&trashed, at(60)).await.unwrap();
        transaction.commit().await.unwrap();

        let transaction = reading(&store, &ann()).await;
        let statistics = transaction.entries().statistics(at(100)).await.unwrap();
        let tags = transaction.entries().tags(at(100)).await.unwrap();
        let earlier = transaction.entries().tags(at(40)).await.unwrap();
        drop(transaction);

        let counts: Vec<_> = statistics.entries.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
        assert_eq!(counts, [
            ("status", 0), ("alert", 0), ("pattern", 1), ("suppression", 0), ("context", 0), ("preference", 0),
            ("note", 1), ("intention", 0), ("schema", 0), ("record", 0),
        ]);
        assert_eq!(statistics.sources, ["", "garden"]);
        let shown = |tags: Vec<awareness::store::TagCount>| {
            tags.into_iter().map(|tag| (tag.tag, tag.count)).collect::<Vec<_>>()
        };
        assert_eq!(shown(tags), [("x".to_owned(), 1), ("y".to_owned(), 1)]);
        assert_eq!(shown(earlier), [("x".to_owned(), 2), ("y".to_owned(), 1), ("z".to_owned(), 1)]);
        store.close().await;
    }
}

trait ParseTime {
    fn parse_time(&self) -> awareness::domain::Timestamp;
}

impl ParseTime for str {
    fn parse_time(&self) -> awareness::domain::Timestamp {
        awareness::domain::Timestamp::parse(self).unwrap()
    }
}
