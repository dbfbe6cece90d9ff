//! Reads, actions, vectors and users.

use awareness::domain::{PageRequest, Tags};
use awareness::store::{Access, Embedding, EntryFilter, LogFilter, NewAction, NewReads, Order};

use super::{ann, at, bob, entry, found, note, reading, store_all, touched, writing};
use crate::support::{Database, both_databases};

fn read(id: &str, second: i64) -> NewReads {
    NewReads {
        entry_ids: vec![id.into()],
        timestamp: at(second),
        platform: Some("O'Client".to_owned()),
        tool: "get_knowledge",
    }
}

both_databases! {
    async fn a_batch_of_reads_is_logged_and_one_unknown_id_does_not_lose_the_others(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1), note("b", 2)]).await;
        store_all(&store, &bob(), [note("theirs", 1)]).await;

        let transaction = writing(&store, &ann()).await;
        let both = NewReads { entry_ids: vec!["gone".into(), "b".into()], ..read("a", 11) };
        let reads = [read("a", 10), both, read("theirs", 11), read("a", 12)];
        transaction.reads().log(&reads).await.unwrap();
        transaction.reads().log(&[]).await.unwrap();
        transaction.commit().await.unwrap();

        let transaction = reading(&store, &ann()).await;
        let page = PageRequest::default();
        let log = transaction.reads().list(&LogFilter::default(), page).await.unwrap();
        let summaries = transaction
            .entries()
            .list_summaries(&EntryFilter::active(), Order::Touched, page)
            .await
            .unwrap();
        drop(transaction);
        let shown: Vec<_> = log.iter().map(|read| (read.entry_id.as_str(), read.timestamp)).collect();
        assert_eq!(shown, [("a", at(12)), ("b", at(11)), ("a", at(10))]);
        assert_eq!(log[0].platform.as_deref(), Some("O'Client"));
        let counts: Vec<_> = summaries.iter().map(|one| (one.id.as_str(), one.read_count, one.last_read)).collect();
        assert_eq!(counts, [("b", 1, Some(at(11))), ("a", 2, Some(at(12)))]);
        store.close().await;
    }

    async fn an_action_is_logged_with_its_tags(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1)]).await;
        let action = NewAction {
            entry_id: "a".into(),
            timestamp: at(3),
            platform: None,
            action: "watered".to_owned(),
            detail: Some("twice".to_owned()),
            tags: Tags::new(["x"]),
        };

        let transaction = writing(&store, &ann()).await;
        let first = transaction.actions().log(&action).await.unwrap();
        let second = transaction.actions().log(&action).await.unwrap();
        transaction.commit().await.unwrap();

        let transaction = reading(&store, &ann()).await;
        let log = transaction
            .actions()
            .list(&LogFilter { entry: Some("a".into()), ..LogFilter::default() }, &Tags::default(), PageRequest::default()).await.unwrap();
        drop(transaction);
        assert!(second > first);
        assert_eq!(log.iter().map(|one| one.id).collect::<Vec<_>>(), [second, first]);
        assert_eq!(log[0].logged, action);
        store.close().await;
    }

    async fn a_vector_is_replaced_and_keeps_the_time_of_the_first(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [note("a", 1), note("b", 2), entry("s", awareness::domain::EntryType::Suppression, "", 3)])
            .await;
        let vector = |numbers: &[f32]| Embedding {
            entry_id: "a".into(),
            model: "m".to_owned(),
            text_hash: "h".to_owned(),
            vector: numbers.to_vec(),
        };

        let transaction = writing(&store, &ann()).await;
        transaction.embeddings().upsert([&vector(&[1.0, -0.5])], at(1)).await.unwrap();
        transaction.embeddings().upsert([&vector(&[0.25, 2.0, 3.5])], at(2)).await.unwrap();
        let found = transaction.embeddings().find(&"a".into(), "m").await.unwrap();
        let missing = transaction.embeddings().list_missing("m", 10).await.unwrap();
        let other_model = transaction.embeddings().list_missing("other", 1).await.unwrap();
        transaction.commit().await.unwrap();

        assert_eq!(found, Some(vector(&[0.25, 2.0, 3.5])));
        assert_eq!(missing.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(other_model.len(), 1);
        let raw = database.connect().await;
        let created = if raw.is_postgres() { "created = '2031-01-01T00:00:01+00:00'" } else { "created LIKE '2031-01-01T00:00:01%'" };
        assert_eq!(raw.number(&format!("SELECT COUNT(*) FROM embeddings WHERE {created}")).await, 1);
        store.close().await;
    }

    async fn a_user_is_made_once_and_found(database: Database) {
        let store = database.store().await;
        let transaction = store.begin_system(Access::Write).await.unwrap();
        let users = transaction.users();

        assert!(users.create_if_missing(&bob(), at(1)).await.unwrap());
        assert!(!users.create_if_missing(&bob(), at(2)).await.unwrap());
        let found = users.find("bob").await.unwrap().unwrap();
        let ids: Vec<_> = users.list().await.unwrap().into_iter().map(|user| user.id).collect();
        assert!(users.remove(&bob()).await.unwrap());
        assert_eq!(users.find("bob").await.unwrap(), None);
        transaction.commit().await.unwrap();

        assert_eq!((found.created, found.updated), (at(1), None));
        assert_eq!(found.timezone.as_deref(), Some("UTC"));
        assert_eq!(ids, ["_system", "ann", "bob"]);
        store.close().await;
    }

    async fn the_last_touch_decides_what_is_newest(database: Database) {
        let store = database.store().await;
        store_all(&store, &ann(), [touched(note("old but touched", 1), 100), note("new", 50)]).await;

        let ids = found(&store, &ann(), &EntryFilter::active()).await;

        assert_eq!(ids, ["old but touched", "new"]);
        store.close().await;
    }
}
