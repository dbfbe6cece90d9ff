//! Prints how well search finds what it should: by words alone, by meaning alone, and by both.
//!
//! ```text
//! cargo bench --bench retrieval                    the set of this repository
//! cargo bench --bench retrieval -- a.json b.json   other sets of the same form
//! cargo bench --bench retrieval -- --missed        also the queries that were not answered in full
//! ```

#![allow(
    missing_docs,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "../../tests/retrieval/evaluate.rs"]
mod evaluate;

use awareness::store::Store;
use evaluate::Set;
use migration::{DatabaseUrl, Direction, Migrator, Runner};

#[tokio::main]
async fn main() {
    let arguments = std::env::args().skip(1);
    let files: Vec<String> = arguments.filter(|one| !one.starts_with("--")).collect();
    let set = if files.is_empty() {
        Set::of_this_repository()
    } else {
        Set::load(files)
    };

    let home = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", home.path().join("retrieval.db").display());
    let url = DatabaseUrl::parse(&url).unwrap();
    let runner = Runner::new(url.clone(), Migrator::new("reader"));
    runner.run(Direction::Up, None).await.unwrap();
    let store = Store::open(&url).await.unwrap();

    let report = set.run(store).await;
    println!("{}", report.table());
    if std::env::args().any(|argument| argument == "--missed") {
        for (id, class, recall) in report.missed {
            println!("{id} ({class}): {recall:.2}");
        }
    }
}
