//! The product as processes: many on one file, killed in the middle, started together, told to end.

use std::collections::HashSet;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::support::process::{HttpServer, StdioServer};
use crate::support::{Database, Kind, both_databases};

/// Kills a server survives in one test.
const ROUNDS: u64 = 50;

#[tokio::test]
async fn eight_processes_write_two_hundred_entries_each_into_one_file() {
    let database = Database::empty(Kind::Sqlite).await;
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (home, url) = (database.home().to_owned(), database.url().to_owned());
            std::thread::spawn(move || {
                // All start on a file that does not exist yet: one of them migrates it, the others wait.
                let mut server = StdioServer::start(&home, &["--database-url", &url]);
                for number in 0..200 {
                    let note = json!({"source": format!("writer {writer}"), "description": format!("{number}"), "tags": ["t"]});
                    assert_eq!(server.call("remember", note)["status"], "ok", "writer {writer}, entry {number}");
                }
                server.finish();
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }

    let raw = database.connect().await;
    assert_eq!(raw.number("SELECT COUNT(*) FROM entries").await, 1600);
    assert_eq!(
        raw.number("SELECT COUNT(DISTINCT source || (data ->> 'description')) FROM entries")
            .await,
        1600
    );
    assert_eq!(raw.texts("PRAGMA integrity_check").await, ["ok"]);
}

both_databases! {
    async fn every_acknowledged_entry_survives_a_kill(database: Database) {
        let mut acknowledged = HashSet::new();
        for round in 0..ROUNDS {
            let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
            let answered = AtomicU64::new(0);
            let writing = std::thread::scope(|scope| {
                let (server, answered) = (&server, &answered);
                let writers: Vec<_> = (0..4)
                    .map(|writer| {
                        scope.spawn(move || {
                            let mut ids = Vec::new();
                            for number in 0.. {
                                let note = json!({"source": "s", "description": format!("{round}/{writer}/{number}"), "tags": ["t"]});
                                match server.try_call("remember", note) {
                                    Some(reply) => {
                                        ids.push(reply["id"].as_str().unwrap().to_owned());
                                        answered.fetch_add(1, Ordering::Relaxed);
                                    }
                                    None => return ids,
                                }
                            }
                            ids
                        })
                    })
                    .collect();
                // Another moment each round, however slow the machine is.
                while answered.load(Ordering::Relaxed) < 2 {
                    std::thread::sleep(Duration::from_millis(1));
                }
                std::thread::sleep(Duration::from_millis(round * 37 % 90));
                server.kill_now();
                writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
            });
            acknowledged.extend(writing);
        }

        let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
        let total = server.try_call("get_stats", json!({})).unwrap()["total"].as_u64().unwrap();
        let raw = database.connect().await;
        let stored: HashSet<_> = raw.texts("SELECT id FROM entries").await.into_iter().collect();
        let lost: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(acknowledged.len() as u64 > ROUNDS, "only {} entries were written", acknowledged.len());
        assert!(lost.is_empty(), "{} of {} acknowledged entries are gone", lost.len(), acknowledged.len());
        assert!(total >= acknowledged.len() as u64);
        // In one statement: what the last server to be killed had begun may yet be committed.
        let halves = "SELECT (SELECT COUNT(*) FROM entries) - (SELECT COUNT(*) FROM entry_words)";
        assert_eq!(raw.number(halves).await, 0, "no entry is half there");
    }

    async fn clients_that_go_away_in_the_middle_leave_the_server_well(database: Database) {
        let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
        let address = server.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
        for number in 0..40 {
            let body = json!({
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": {"name": "remember", "arguments": {"source": "s", "description": format!("{number}"), "tags": []}},
            })
            .to_string();
            let mut stream = TcpStream::connect(&address).unwrap();
            write!(
                stream,
                "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                 accept: application/json, text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            std::thread::sleep(Duration::from_micros(number * 50));
            drop(stream);
        }

        for number in 0..20 {
            let note = json!({"source": "s", "description": format!("after {number}"), "tags": ["after"]});
            assert_eq!(server.try_call("remember", note).unwrap()["status"], "ok");
        }
        let page = server.try_call("get_knowledge", json!({"tags": ["after"]})).unwrap();
        assert_eq!(page["entries"].as_array().unwrap().len(), 20);
        assert!(server.terminate(), "it ended well");
    }

    async fn a_server_that_is_told_to_end_writes_what_it_holds(database: Database) {
        let server = HttpServer::start(database.home(), &["--database-url", database.url()]);
        server.try_call("remember", json!({"source": "s", "description": "d", "tags": []})).unwrap();
        server.try_call("get_knowledge", json!({})).unwrap();

        assert!(server.terminate());

        let raw = database.connect().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM reads").await, 1);
    }

    async fn several_servers_started_together_on_an_empty_database_all_serve(database: Database) {
        let empty = Database::empty(database.kind()).await;
        let servers: Vec<_> = (0..4)
            .map(|_| {
                let (home, url) = (empty.home().to_owned(), empty.url().to_owned());
                std::thread::spawn(move || HttpServer::start(&home, &["--database-url", &url]))
            })
            .collect();
        for server in servers {
            let server = server.join().unwrap();
            assert_eq!(server.try_call("get_stats", json!({})).unwrap()["total"], 0);
        }
        empty.guard().remove().await;
    }

    async fn pipes_carry_the_protocol_and_nothing_else(database: Database) {
        let mut server = StdioServer::start(database.home(), &["--database-url", database.url()]);

        let tools = server.request("tools/list", json!({}));
        let stored = server.call("remember", json!({"source": "s", "description": "d", "tags": ["t"]}));
        let refused = server.call("get_knowledge", json!({"limit": -1}));
        let unknown = server.request("tools/call", json!({"name": "nothing", "arguments": {}}));
        let found = server.call("get_knowledge", json!({"mode": "list"}));

        assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 32);
        assert_eq!(refused["error"]["param"], "limit");
        assert_eq!(unknown["error"]["code"], -32602);
        assert_eq!(found["entries"][0]["id"], stored["id"]);
        server.finish();
        let raw = database.connect().await;
        assert_eq!(raw.texts("SELECT owner_id FROM entries").await, [crate::support::DEFAULT_OWNER]);
        assert_eq!(raw.texts("SELECT platform FROM reads").await, ["test"], "the client's name");
    }
}
