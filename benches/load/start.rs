//! Starting: how soon a client has its first answer, and how much memory an idle server holds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 20;

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;

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
fn first_answer(store: &std::path::Path) -> (Duration, u64) {
    let started = Instant::now();
    let mut server = Command::new(env!("CARGO_BIN_EXE_awareness"))
        .args(["serve", "--stdio", "--database-url"])
        .arg(format!("sqlite:{}", store.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = server.stdin.take().unwrap();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    writeln!(input, "{INITIALIZE}").unwrap();
    let mut answer = String::new();
    output.read_line(&mut answer).unwrap();
    let time = started.elapsed();
    assert!(answer.contains("\"serverInfo\""), "{answer}");

    std::thread::sleep(Duration::from_millis(100));
    let resident = resident_kilobytes(&server);
    drop(input);
    server.wait().unwrap();

    (time, resident)
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
