//! Up, down and up again over the whole history.

use migration::{Direction, MigrateError};

use super::{BEFORE_OWNERS, ENTRY_COLUMNS, dump, fill_before_owners};
use crate::support::{Database, Kind, run_empty};

run_empty! {
    async fn down_and_up_again_keeps_what_each_step_allows(kind: Kind) {
        let database = Database::empty(kind).await;
        database.migrate(Direction::Up, Some(BEFORE_OWNERS)).await.unwrap();
        let raw = database.connect().await;
        fill_before_owners(&raw).await;
        let entries = dump(&raw, "entries", ENTRY_COLUMNS).await;
        let reads = dump(&raw, "reads", "id, entry_id, timestamp, tool_used").await;
        database.migrate(Direction::Up, None).await.unwrap();
        let after_up = dump(&raw, "entries", ENTRY_COLUMNS).await;

        database.migrate_down_to(BEFORE_OWNERS).await.unwrap();
        assert_eq!(dump(&raw, "entries", ENTRY_COLUMNS).await, entries, "down to before the owner step");
        assert_eq!(dump(&raw, "reads", "id, entry_id, timestamp, tool_used").await, reads);
        database.migrate(Direction::Up, None).await.unwrap();

        assert_eq!(dump(&raw, "entries", ENTRY_COLUMNS).await, after_up);
        assert_eq!(raw.number("SELECT COUNT(*) FROM entry_tags WHERE tag = 'b'").await, 10);
        assert_eq!(raw.number("SELECT read_count FROM read_counts WHERE entry_id = 'id-6'").await, 2);
        database
    }

    async fn every_step_goes_up_and_down_by_itself_and_says_what_it_drops(kind: Kind) {
        let database = Database::empty(kind).await;
        let steps = database.runner().status().await.unwrap().steps.len();
        for _ in 0..steps {
            let up = database.migrate(Direction::Up, Some(1)).await.unwrap();
            let down = database.migrate(Direction::Down, Some(1)).await.unwrap();
            assert_eq!(up.steps[0].name, down.steps[0].name);
            assert!(down.lines().iter().any(|line| line.contains("dropped ")), "{:?}", down.lines());
            database.migrate(Direction::Up, Some(1)).await.unwrap();
        }
        assert_eq!(database.runner().status().await.unwrap().pending().0, 0);

        let report = database.migrate(Direction::Down, None).await.unwrap();
        assert_eq!(report.steps.len(), steps);
        let raw = database.connect().await;
        let tables = if raw.is_postgres() {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
        } else {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        };
        assert_eq!(raw.texts(tables).await, ["seaql_migrations"]);
        database
    }

    async fn going_below_owners_is_refused_while_two_of_them_share_a_key(kind: Kind) {
        let database = Database::migrated(kind).await;
        let raw = database.connect().await;
        for owner in ["ann", "bob"] {
            raw.run(&format!(
                "INSERT INTO entries (id, type, source, created, logical_key, owner_id)
                 VALUES ('{owner}', 'note', 'garden', '2031-01-01T00:00:00+00:00', 'plan', '{owner}')"
            ))
            .await;
        }

        let error = database.migrate(Direction::Down, None).await.unwrap_err();

        assert!(matches!(&error, MigrateError::Step { name, .. } if name.ends_with("_owner")), "{error}");
        assert!(error.to_string().contains("garden: plan"), "{error}");
        assert_eq!(database.runner().status().await.unwrap().pending().0, 0, "nothing was undone");
        assert_eq!(raw.number("SELECT COUNT(*) FROM entries WHERE owner_id = 'bob'").await, 1);
        database
    }

    async fn the_system_user_stays_while_entries_belong_to_it(kind: Kind) {
        let database = Database::migrated(kind).await;
        let raw = database.connect().await;
        raw.run(
            "INSERT INTO entries (id, type, source, created, owner_id)
             VALUES ('shared', 'schema', 's', '2031-01-01T00:00:00+00:00', '_system')",
        )
        .await;

        let error = database.migrate_down_to(9).await.unwrap_err();

        assert!(error.to_string().contains("shared"), "{error}");
        assert_eq!(raw.number("SELECT COUNT(*) FROM users WHERE id = '_system'").await, 1);
        database
    }

    async fn updated_becomes_empty_only_where_nothing_was_changed(kind: Kind) {
        let database = Database::empty(kind).await;
        database.migrate(Direction::Up, Some(6)).await.unwrap();
        let raw = database.connect().await;
        raw.run(
            "INSERT INTO entries (id, type, source, created, updated) VALUES
             ('same', 'note', 's', '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00'),
             ('later', 'note', 's', '2031-01-01T00:00:00+00:00', '2031-01-02T00:00:00+00:00')",
        )
        .await;

        database.migrate(Direction::Up, Some(1)).await.unwrap();

        assert_eq!(raw.texts("SELECT id FROM entries WHERE updated IS NULL").await, ["same"]);
        database.migrate(Direction::Down, Some(1)).await.unwrap();
        assert_eq!(raw.texts("SELECT id FROM entries WHERE updated = created").await, ["same"]);
        database
    }

    async fn duplicates_left_by_old_races_go_to_the_trash_but_the_newest(kind: Kind) {
        let database = Database::empty(kind).await;
        database.migrate(Direction::Up, Some(10)).await.unwrap();
        let raw = database.connect().await;
        raw.run(
            r#"INSERT INTO entries (id, type, source, created, updated, expires, data) VALUES
               ('old', 'status', 's', '2031-01-01T00:00:00+00:00', NULL, NULL, '{}'),
               ('new', 'status', 's', '2031-01-02T00:00:00+00:00', NULL, NULL, '{}'),
               ('touched', 'alert', 's', '2031-01-01T00:00:00+00:00', '2031-01-05T00:00:00+00:00', NULL, '{"alert_id": "a"}'),
               ('untouched', 'alert', 's', '2031-01-02T00:00:00+00:00', NULL, '2031-06-01T00:00:00+00:00', '{"alert_id": "a"}'),
               ('nameless', 'alert', 's', '2031-01-02T00:00:00+00:00', NULL, NULL, '{}'),
               ('nameless too', 'alert', 's', '2031-01-02T00:00:00+00:00', NULL, NULL, '{}')"#,
        )
        .await;

        database.migrate(Direction::Up, None).await.unwrap();

        let active = raw.texts("SELECT id FROM entries WHERE deleted IS NULL ORDER BY id").await;
        assert_eq!(active, ["nameless", "nameless too", "new", "touched"]);
        let kept = raw.texts("SELECT data ->> '_original_expires' FROM entries WHERE id = 'untouched'").await;
        assert!(kept[0].starts_with("2031-06-01T00:00:00"), "{kept:?}");
        database
    }
}
