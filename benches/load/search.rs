//! Search of an owner with 100,000 entries beside ten with 10,000 each: how long it takes, what it costs a write, and how
//! much memory it holds.
//!
//! The texts are made up of made-up words that are as unevenly frequent as those of a language (Zipf, "The Psycho-Biology
//! of Language", 1935), so that a query holds common and rare words.

use std::sync::Arc;
use std::time::{Duration, Instant};

use awareness::domain::{Entry, EntryTerms, EntryType, Owner, Tags, embedded_text};
use awareness::embed::{Builtin, Provider};
use awareness::service::{Caller, SearchQuery, Service, Shape};
use awareness::store::Store;
use migration::DatabaseUrl;
use serde_json::{Value, json};

use crate::client::{Rate, load};
use crate::serve::Running;
use crate::{Bench, OWNER, plant, start};

const LARGE: u64 = 100_000;
const SMALL: u64 = 10_000;
const OTHERS: u64 = 10;

/// Words there are.
const VOCABULARY: u64 = 20_000;

const TIME: Duration = Duration::from_secs(10);
const WRITES: u64 = 2_000;

pub(crate) async fn measure() {
    println!("\nSearch, an owner with {LARGE} entries beside {OTHERS} with {SMALL}\n");
    println!("| Database | What | Measured | Bound |");
    println!("|---|---|---:|---:|");
    for bench in [Bench::sqlite().await, Bench::postgres().await] {
        plant(&bench).await;
        search(&bench).await;
        write(&bench).await;
        if let DatabaseUrl::Sqlite(path) = &bench.url {
            let (opened, searched, resident) = start::search_once(path, OWNER);
            show(
                &bench,
                "opening the store, until the first answer",
                &milliseconds(opened),
                "100 ms",
            );
            show(
                &bench,
                "the first search of a process",
                &milliseconds(searched),
                "",
            );
            show(
                &bench,
                "resident after it",
                &format!("{:.0} MB", resident as f64 / 1024.0),
                "150 MB",
            );
        }
    }
}

async fn plant(bench: &Bench) {
    plant::store_all(&bench.url, OWNER, (0..LARGE).map(note)).await;
    for other in 0..OTHERS {
        plant::store_all(&bench.url, &other_owner(other), (0..SMALL).map(note)).await;
    }
    let service = Service::new(Store::open(&bench.url).await.unwrap());
    let started = Instant::now();
    let done = service.catch_up(|_| {}).await.unwrap();
    let each = started.elapsed() / u32::try_from(done.embedded.max(1)).unwrap();
    show(
        bench,
        "embedding an entry that is stored, in bulk",
        &format!("{} µs", each.as_micros()),
        "",
    );
    service.shut_down().await;
}

async fn search(bench: &Bench) {
    let server = Running::start(&bench.url).await;
    for connections in [1, 8] {
        let rate = load(server.port, connections, TIME, "search", query).await;
        let what = format!("search, {LARGE} entries, connections: {connections}");
        show_rate(bench, &what, rate);
    }
    let large = through_the_service(&server.service, OWNER).await;
    let small = through_the_service(&server.service, &other_owner(0)).await;
    show(
        bench,
        "ten times the entries cost",
        &format!("{:.2} times", large / small),
        "4 times",
    );
    server.stop().await;
}

/// Mean seconds of a search by one caller.
async fn through_the_service(service: &Service, owner: &str) -> f64 {
    const SEARCHES: u64 = 200;
    let caller = caller(owner);
    let query = |number| SearchQuery {
        query: text(number, 3),
        shape: Shape::List,
        ..SearchQuery::default()
    };
    service.search(&caller, &query(0)).await.unwrap();
    let started = Instant::now();
    for number in 0..SEARCHES {
        service.search(&caller, &query(number)).await.unwrap();
    }

    started.elapsed().as_secs_f64() / SEARCHES as f64
}

/// What indexing and embedding add to a write.
async fn write(bench: &Bench) {
    let provider: Arc<dyn Provider> = Arc::new(Builtin);
    let mut took = Vec::new();
    for provider in [None, Some(provider)] {
        let store = Store::open(&bench.url).await.unwrap();
        let service = Service::with_provider(store, provider);
        let caller = caller("writer");
        let started = Instant::now();
        for number in 0..WRITES {
            let note = plant::new_note(text(number, 12));
            service.remember(&caller, note).await.unwrap();
        }
        took.push(started.elapsed().as_secs_f64() / WRITES as f64);
        service.shut_down().await;
    }
    let analysing = analysing();
    let ratio = took[1] / (took[0] - analysing);
    show(
        bench,
        "remember costs, of remember without vector and analysis",
        &format!("{ratio:.2} times"),
        "1.5 times",
    );
    show(
        bench,
        "analysing a text",
        &format!("{:.0} µs", analysing * 1e6),
        "",
    );
    show(
        bench,
        "embedding a text",
        &format!("{:.0} µs", embedding().await * 1e6),
        "100 µs",
    );
}

fn analysing() -> f64 {
    let entries: Vec<Entry> = (0..WRITES).map(note).collect();
    let started = Instant::now();
    for entry in &entries {
        std::hint::black_box(EntryTerms::of(entry));
    }

    started.elapsed().as_secs_f64() / WRITES as f64
}

async fn embedding() -> f64 {
    let texts: Vec<String> = (0..WRITES)
        .map(|number| embedded_text(&note(number)))
        .collect();
    let started = Instant::now();
    for text in &texts {
        Builtin.embed(std::slice::from_ref(text)).await.unwrap();
    }

    started.elapsed().as_secs_f64() / WRITES as f64
}

fn query(number: u64) -> Value {
    json!({"query": text(number, 3), "mode": "list"})
}

fn note(number: u64) -> Entry {
    let mut entry = plant::entry(EntryType::Note, format!("project-{}", number % 50));
    entry.tags = Tags::new([format!("area-{}", number % 20)]);
    let mut put = |key: &str, value: String| entry.data.insert(key.to_owned(), value.into());
    put("description", text(number, 12));
    put("learned_from", "conversation".to_owned());
    if number.is_multiple_of(3) {
        put("content", text(number + (1 << 32), 40));
        put("content_type", "text/plain".to_owned());
    }

    entry
}

/// So many words, always the same for a number.
fn text(number: u64, words: u64) -> String {
    let words: Vec<String> = (0..words)
        .map(|place| word(mixed(number.wrapping_mul(64) + place)))
        .collect();

    words.join(" ")
}

/// The word of the rank a random number falls on: the word of rank r is about as frequent as 1/r.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is a small number"
)]
fn word(random: u64) -> String {
    let share = random as f64 / u64::MAX as f64;
    let rank = (VOCABULARY as f64).powf(share) as u64;
    let syllables = ["ka", "lo", "mi", "ru", "te", "no", "sa", "vi", "pe", "du"];
    let mut left = mixed(rank) % 1_000_000 + 1_000_000;
    let mut word = String::new();
    while left > 1 {
        word.push_str(syllables[(left % 10) as usize]);
        left /= 10;
    }

    word
}

/// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);

    mixed ^ (mixed >> 31)
}

fn other_owner(number: u64) -> String {
    format!("other-{number}")
}

fn caller(owner: &str) -> Caller {
    Caller {
        owner: Owner::new(owner).unwrap(),
        platform: None,
    }
}

fn show_rate(bench: &Bench, what: &str, rate: Rate) {
    let measured = format!(
        "p50 {}, p99 {}, {:.0}/s",
        milliseconds(rate.p50),
        milliseconds(rate.p99),
        rate.per_second
    );
    show(bench, what, &measured, "p50 15 ms, p99 60 ms");
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn show(bench: &Bench, what: &str, measured: &str, bound: &str) {
    println!("| {} | {what} | {measured} | {bound} |", bench.name);
}
