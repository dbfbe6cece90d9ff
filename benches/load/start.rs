//! Starting: how soon a client has its first answer, and how much memory an idle server holds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 20;

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;

const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

const SEARCH: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search","arguments":{"query":"kalo miru","mode":"list"}}}"#;

pub(crate) fn measure() {
    println!("\nStart, stdio, from spawning the process to the first answer, {ROUNDS} rounds");
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let new: Vec<_> = (0..ROUNDS)
        .map(|round| first_answer(&home.path().join(format!("{round}.db"))))
        .collect();
    show("new SQLite store, every step pending (bound: 300 ms)", new);
    let existing = home.path().join("0.db");
    let old: Vec<_> = (0..ROUNDS).map(|_| first_answer(&existing)).collect();
    show("existing SQLite store (bound: 100 ms)", old);
}

fn show(what: &str, mut rounds: Vec<(Duration, u64)>) {
    rounds.sort_unstable();
    let (median, _) = rounds[rounds.len() / 2];
    let (slowest, _) = rounds[rounds.len() - 1];
    let resident = rounds
        .iter()
        .map(|(_, kilobytes)| *kilobytes)
        .max()
        .unwrap_or_default();
    println!(
        "{what:58} median {:6.1} ms  slowest {:6.1} ms  resident {:5.1} MB (bound: 40 MB)",
        median.as_secs_f64() * 1000.0,
        slowest.as_secs_f64() * 1000.0,
        resident as f64 / 1024.0,
    );
}

/// Time to the first answer, and resident kilobytes after it.
fn first_answer(store: &Path) -> (Duration, u64) {
    let mut server = Spawned::start(store, "bench");
    let time = server.ask(INITIALIZE);
    std::thread::sleep(Duration::from_millis(100));
    let resident = resident_kilobytes(&server.process);
    server.stop();

    (time, resident)
}

/// Time to the first answer, time of the first search after it, and resident kilobytes after that.
pub(crate) fn search_once(store: &Path, owner: &str) -> (Duration, Duration, u64) {
    let mut server = Spawned::start(store, owner);
    let opened = server.ask(INITIALIZE);
    writeln!(server.input, "{INITIALIZED}").unwrap();
    let started = Instant::now();
    server.ask(SEARCH);
    let searched = started.elapsed();
    let resident = resident_kilobytes(&server.process);
    server.stop();

    (opened, searched, resident)
}

/// A server that a client has spawned.
struct Spawned {
    started: Instant,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Spawned {
    fn start(store: &Path, owner: &str) -> Self {
        let started = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_awareness"))
            .args([
                "serve",
                "--stdio",
                "--default-owner",
                owner,
                "--database-url",
            ])
            .arg(format!("sqlite:{}", store.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();

        Self {
            started,
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    /// Sends a request and reads its answer; returns the time since the start.
    fn ask(&mut self, request: &str) -> Duration {
        writeln!(self.input, "{request}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        let time = self.started.elapsed();
        assert!(answer.contains("\"result\""), "{answer}");

        time
    }

    fn stop(mut self) {
        drop(self.input);
        self.process.wait().unwrap();
    }
}

fn resident_kilobytes(process: &Child) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();

    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|value| value.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or_default()
}
