//! Writing: `remember` beside the same statements without the product.
//!
//! The yardstick on SQLite is a loop on one connection with `synchronous=FULL` that runs the two statements `remember`
//! runs, in a transaction; on Postgres it is `pgbench` with the four statements of the transaction, prepared.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use awareness::domain::Owner;
use awareness::service::{Caller, NewNote, Service};
use awareness::store::Store;
use migration::DatabaseUrl;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _, SqliteConnection};
use serde_json::{Value, json};
use test_postgres::{Durability, ROLE, address_of};

use crate::client::load;
use crate::serve::Running;
use crate::{Bench, OWNER, plant};

const CONNECTIONS: usize = 8;
const TIME: Duration = Duration::from_secs(5);

/// What one entry is made of, as the product writes it.
const DATA: &str = r#"{"description": "The pump in hall 7 runs at 42 per cent and was last serviced in week 12", "learned_from": "conversation"}"#;
const TERMS: &str =
    " 12 42 7 and at benchmark cent hall in last per pump runs serviced the was week ";

pub(crate) async fn measure() {
    println!(
        "\nWrites, {} s each; each commit waits for the disk",
        TIME.as_secs()
    );
    sqlite().await;
    postgres().await;
}

async fn sqlite() {
    let bench = Bench::sqlite().await;
    let bare = bare_loop(&bench.url).await;
    show("SQLite", "bare loop, one connection", bare, bare);
    let service = through_the_service(&bench.url, 1).await;
    show("SQLite", "remember, service, one caller", service, bare);
    let service = through_the_service(&bench.url, CONNECTIONS).await;
    show("SQLite", "remember, service, eight callers", service, bare);
    show(
        "SQLite",
        "remember, HTTP, eight connections",
        over_http(&bench.url).await,
        bare,
    );
}

async fn postgres() {
    let bench = Bench::postgres().await;
    let bare = pgbench(&bench);
    if let Some(bare) = bare {
        show(
            "Postgres",
            "pgbench, the same statements, eight clients",
            bare,
            bare,
        );
    } else {
        println!("Postgres  no pgbench beside the server or on the path: no yardstick");
    }
    let bare = bare.unwrap_or(f64::NAN);
    let service = through_the_service(&bench.url, CONNECTIONS).await;
    show(
        "Postgres",
        "remember, service, eight callers",
        service,
        bare,
    );
    show(
        "Postgres",
        "remember, HTTP, eight connections",
        over_http(&bench.url).await,
        bare,
    );
}

fn show(name: &str, what: &str, rate: f64, yardstick: f64) {
    println!(
        "{name:9} {what:50} {rate:8.0}/s  {:4.2} of bare (bound: 0.60)",
        rate / yardstick
    );
}

async fn bare_loop(url: &DatabaseUrl) -> f64 {
    let DatabaseUrl::Sqlite(path) = url else {
        panic!("not a file");
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < TIME {
        let id = format!("bare-{count:032}");
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::query(
            "INSERT INTO entries (id, type, source, created, tags, data, owner_id, language)
             VALUES ($1, 'note', 'benchmark', '2031-01-01T00:00:00.123456+00:00', '[\"a\",\"b\",\"c\"]', $2, $3, 'simple')",
        )
        .bind(&id)
        .bind(DATA)
        .bind(OWNER)
        .execute(&mut *transaction)
        .await
        .unwrap();
        sqlx::query("INSERT INTO entry_words (entry_id, owner_id, terms) VALUES ($1, $2, $3)")
            .bind(&id)
            .bind(OWNER)
            .bind(TERMS)
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        count += 1;
    }

    f64::from(count) / started.elapsed().as_secs_f64()
}

async fn through_the_service(url: &DatabaseUrl, callers: usize) -> f64 {
    let service = Service::new(Store::open(url).await.unwrap());
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                let caller = Caller {
                    owner: Owner::new(OWNER).unwrap(),
                    platform: None,
                };
                let mut count = 0_u32;
                while started.elapsed() < TIME {
                    service.remember(&caller, note()).await.unwrap();
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut count = 0;
    for task in tasks {
        count += task.await.unwrap();
    }
    let rate = f64::from(count) / started.elapsed().as_secs_f64();
    service.shut_down().await;

    rate
}

fn note() -> NewNote {
    plant::new_note(
        "The pump in hall 7 runs at 42 per cent and was last serviced in week 12".to_owned(),
    )
}

async fn over_http(url: &DatabaseUrl) -> f64 {
    let server = Running::start(url).await;
    let rate = load(server.port, CONNECTIONS, TIME, "remember", arguments).await;
    server.stop().await;

    rate.per_second
}

fn arguments(_: u64) -> Value {
    json!({
        "source": "benchmark", "tags": ["a", "b", "c"],
        "description": "The pump in hall 7 runs at 42 per cent and was last serviced in week 12",
    })
}

/// Transactions a second of `pgbench` with the product's statements; `None` where there is no `pgbench`.
fn pgbench(bench: &Bench) -> Option<f64> {
    let DatabaseUrl::Postgres(server) = &bench.url else {
        panic!("not a server");
    };
    let script = bench.home.path().join("remember.sql");
    std::fs::write(&script, script_text()).unwrap();
    let address = address_of(Durability::Full, Path::new(env!("CARGO_TARGET_TMPDIR")));
    let program = address.client_program("pgbench")?;
    let host = server
        .options
        .get_socket()
        .map_or(server.options.get_host().to_owned(), |socket| {
            socket.display().to_string()
        });
    let output = Command::new(program)
        .env("PGPASSWORD", ROLE)
        .args([
            "--no-vacuum",
            "--protocol=prepared",
            "--client=8",
            "--jobs=2",
        ])
        .arg(format!("--time={}", TIME.as_secs()))
        .arg(format!("--file={}", script.display()))
        .args([
            "--host",
            &host,
            "--port",
            &server.options.get_port().to_string(),
            "--username",
            ROLE,
        ])
        .arg(server.options.get_database().unwrap())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);

    text.lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|rest| rest.split(' ').next())
        .map(|rate| rate.parse().unwrap())
}

fn script_text() -> String {
    format!(
        "\\set number random(1, 9000000000000000000)
BEGIN;
SELECT set_config('app.current_user', '{OWNER}', true);
INSERT INTO entries (id, type, source, created, tags, data, owner_id, language)
VALUES ('bench-' || :number, 'note', 'benchmark', '2031-01-01T00:00:00.123456+00:00', '[\"a\",\"b\",\"c\"]', '{DATA}', '{OWNER}', 'simple');
INSERT INTO entry_words (entry_id, owner_id, terms)
VALUES ('bench-' || :number, '{OWNER}', '{TERMS}')
ON CONFLICT (entry_id) DO UPDATE SET terms = excluded.terms;
COMMIT;
"
    )
}
