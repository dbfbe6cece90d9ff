//! The command line: what each command does, prints and exits with.

use serde_json::{Value, json};

use crate::support::process::{HttpServer, run, text_of};
use crate::support::{DEFAULT_OWNER, Database, Kind, Product, both_databases, run_empty};

run_empty! {
    async fn migrate_goes_up_and_down_by_steps_and_shows_where_it_stands(kind: Kind) {
        let database = Database::empty(kind).await;
        let awareness = |arguments: &[&str]| {
            let mut all = vec!["--database-url", database.url(), "migrate"];
            all.extend(arguments);
            let output = run(database.home(), &all);
            assert!(output.status.success(), "{arguments:?}: {}", text_of(&output));
            text_of(&output)
        };

        assert!(awareness(&["status"]).contains(&format!("{} steps are pending", Database::steps())));
        assert!(awareness(&["up", "--steps", "5"]).contains("applied m20260202_000005_owner"));
        let status: Value = serde_json::from_str(&awareness(&["status", "--json"])).unwrap();
        assert_eq!(status["version"], "m20260202_000005_owner");
        assert_eq!(status["pending"], Database::steps() - 5);
        assert_eq!(status["steps"][4]["applied"], true);
        assert_eq!(status["steps"][5]["applied"], false);
        assert!(awareness(&["up"]).contains("migration complete"));
        assert!(awareness(&["up"]).contains("nothing to apply: migration complete"));
        let down = awareness(&["down", "--steps", "1"]);
        assert!(down.contains(&format!("dropped {}", Database::last_step_drops())), "{down}");
        assert!(awareness(&["status"]).contains("1 step is pending"));
        database
    }

    async fn a_fresh_install_is_seeded_for_two_owners_once(kind: Kind) {
        let database = Database::empty(kind).await;
        let seed = |arguments: &[&str]| {
            let mut all = vec!["--database-url", database.url(), "seed"];
            all.extend(arguments);
            let output = run(database.home(), &all);
            assert!(output.status.success(), "{}", text_of(&output));
            text_of(&output)
        };
        let raw_count = async |condition: &str| {
            let raw = database.connect().await;
            raw.number(&format!("SELECT COUNT(*) FROM entries WHERE {condition}")).await
        };

        assert!(seed(&[]).contains("planted 24"));
        let first = crate::migrations::dump(&database.connect().await, "entries", "id, created, updated, tags, data").await;
        assert!(seed(&[]).contains("planted 0"));
        let second = crate::migrations::dump(&database.connect().await, "entries", "id, created, updated, tags, data").await;

        assert_eq!(first, second, "planting twice changes nothing");
        assert_eq!(raw_count(&format!("owner_id = '{DEFAULT_OWNER}'")).await, 21);
        assert_eq!(raw_count("owner_id = 'demo-colleague'").await, 3);
        let raw = database.connect().await;
        assert_eq!(raw.number("SELECT COUNT(DISTINCT type) FROM entries").await, 10, "every kind");
        let product = Product::start(&database).await;
        let session = product.session().await;
        session.call("remember", json!({"source": "mine", "description": "my own", "tags": ["demo"]})).await;
        product.service.shut_down().await;
        assert!(seed(&["--remove"]).contains("removed 24"));
        assert_eq!(raw_count("deleted IS NULL").await, 1, "what is not ours stays");
        assert!(seed(&["--remove"]).contains("removed 0"));
        assert!(seed(&[]).contains("planted 24"));
        assert_eq!(raw_count("deleted IS NULL").await, 25);
        database
    }

    async fn fresh_asks_or_takes_yes(kind: Kind) {
        let database = Database::migrated(kind).await;
        let raw = database.connect().await;
        raw.run("INSERT INTO entries (id, type, source, created) VALUES ('x', 'note', 's', '2031-01-01T00:00:00+00:00')").await;

        let unasked = run(database.home(), &["--database-url", database.url(), "migrate", "fresh"]);
        assert_eq!(unasked.status.code(), Some(1));
        assert!(text_of(&unasked).contains("--yes"));
        assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 1);
        let asked = run(database.home(), &["--database-url", database.url(), "migrate", "fresh", "--yes"]);
        assert!(asked.status.success(), "{}", text_of(&asked));

        assert_eq!(database.connect().await.number("SELECT COUNT(*) FROM entries").await, 0);
        database
    }

    async fn serving_without_migrating_is_refused_while_steps_are_pending(kind: Kind) {
        let database = Database::empty(kind).await;

        let output = run(database.home(), &["--database-url", database.url(), "serve", "--no-migrate"]);

        assert_eq!(output.status.code(), Some(1));
        let expected = format!("{} steps are pending: run `awareness migrate up`", Database::steps());
        assert!(text_of(&output).contains(&expected), "{}", text_of(&output));
        assert_eq!(database.runner().status().await.unwrap().pending().0, Database::steps());
        database
    }
}

both_databases! {
    async fn the_default_owner_is_the_same_for_the_flag_the_variable_and_the_user(database: Database) {
        for (arguments, owner) in [(vec!["--default-owner", "flag"], "flag"), (vec![], DEFAULT_OWNER)] {
            let mut all = vec!["--database-url", database.url()];
            all.extend(arguments);
            let server = HttpServer::start(database.home(), &all);
            server.try_call("remember", json!({"source": owner, "description": "d", "tags": []})).unwrap();

            let raw = database.connect().await;
            let stored = raw.texts(&format!("SELECT owner_id FROM entries WHERE source = '{owner}'")).await;
            assert_eq!(stored, [owner]);
        }
    }
}

/// Settings that cannot be used, and what the message must and must not hold.
#[test]
fn bad_settings_are_refused_with_the_way_out_and_without_secrets() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, holds) in [
        (
            vec!["--database-url", "mysql://u:s3cret@h/d", "serve"],
            "use sqlite:PATH",
        ),
        (
            vec![
                "--database-url",
                "postgres://u:s3cret@127.0.0.1:1/d?connect_timeout=1",
                "serve",
            ],
            "postgres://u@127.0.0.1:1/d",
        ),
        (
            vec![
                "--database-url",
                "postgres://u:s3cret@127.0.0.1:1/d?connect_timeout=1",
                "migrate",
                "status",
            ],
            "refused",
        ),
        (
            vec!["--database-url", "postgres://u:s3@cret@h/d", "serve"],
            "%40",
        ),
        (
            vec!["--database-url", "sqlite:/no/such/place/a.db", "serve"],
            "`/no/such/place` of the SQLite file does not exist",
        ),
        (
            vec!["--data-dir", "/no/such/place", "serve"],
            "/no/such/place",
        ),
        (
            vec!["--default-owner", "", "serve"],
            "--default-owner is empty",
        ),
        (vec!["--default-owner", "_system", "seed"], "reserved"),
        (
            vec!["serve", "--host", "0.0.0.0"],
            "--allow-unauthenticated",
        ),
        (vec!["serve", "--port", "70000"], "AWARENESS_PORT"),
        (
            vec!["--config", "/no/such/config.toml", "serve"],
            "/no/such/config.toml",
        ),
    ] {
        let output = run(home.path(), &arguments);
        let text = text_of(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(text.contains(holds), "{arguments:?}: {text}");
        assert!(
            !text.contains("s3cret") && !text.contains("panicked"),
            "{arguments:?}: {text}"
        );
    }
}

#[test]
fn wrong_usage_exits_with_two() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        vec!["frobnicate"],
        vec!["migrate"],
        vec!["migrate", "up", "--steps", "many"],
        vec!["seed", "--no"],
    ] {
        assert_eq!(
            run(home.path(), &arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn with_nothing_configured_the_store_is_a_file_in_the_users_data_directory() {
    let home = tempfile::tempdir().unwrap();

    let server = HttpServer::start(home.path(), &[]);
    server
        .try_call(
            "remember",
            json!({"source": "s", "description": "d", "tags": []}),
        )
        .unwrap();

    let file = home.path().join(".local/share/awareness/awareness.db");
    assert!(file.exists());
    assert!(
        server
            .announced
            .iter()
            .any(|line| line.contains(&file.display().to_string())),
        "{:?}",
        server.announced
    );
    drop(server);
    let again = HttpServer::start(home.path(), &[]);
    assert_eq!(
        again.try_call("get_stats", json!({})).unwrap()["total"],
        1,
        "it is there after a restart"
    );
}

#[test]
fn a_config_file_picks_the_database_with_one_line() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    let file = home.path().join("chosen.db");
    std::fs::write(
        &config,
        format!("[database]\nurl = \"sqlite:{}\"\n", file.display()),
    )
    .unwrap();

    let output = run(
        home.path(),
        &["--config", config.to_str().unwrap(), "migrate", "up"],
    );

    assert!(output.status.success(), "{}", text_of(&output));
    assert!(file.exists());
}

#[test]
fn the_bare_command_serves_a_client_over_pipes() {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::Stdio;

    let home = tempfile::tempdir().unwrap();
    let mut child = crate::support::process::command(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let hello = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}},
    });
    writeln!(input, "{hello}").unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    drop(input);

    assert!(line.contains("\"serverInfo\""), "{line}");
    assert!(child.wait().unwrap().success());
}
