//! Prints how well search finds what it should: by words alone, by meaning alone, and by both; on both databases.
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

use std::path::Path;

use awareness::store::Store;
use evaluate::Set;
use migration::{DatabaseUrl, Direction, Migrator, Runner};
use test_postgres::{Durability, ROLE, address_of, make_role};

#[tokio::main]
async fn main() {
    let arguments = std::env::args().skip(1);
    let files: Vec<String> = arguments.filter(|one| !one.starts_with("--")).collect();
    let set = if files.is_empty() {
        Set::of_this_repository()
    } else {
        Set::load(files)
    };

    for (name, url) in [("SQLite", sqlite()), ("Postgres", postgres().await)] {
        let url = DatabaseUrl::parse(&url).unwrap();
        let runner = Runner::new(url.clone(), Migrator::new("reader"));
        runner.run(Direction::Up, None).await.unwrap();
        let store = Store::open(&url).await.unwrap();
        let report = set.run(store, &[0.0, 0.3, 0.4, 0.5, 0.6, 0.7]).await;
        println!("{name}\n\n{}", report.table());
        println!("{}", report.table_of_least_cosines());
        if std::env::args().any(|argument| argument == "--missed") {
            for (id, class, recall) in report.missed {
                println!("{id} ({class}): {recall:.2}");
            }
        }
    }
}

/// A new file; left to the system to remove.
fn sqlite() -> String {
    let home = tempfile::tempdir().unwrap().keep();

    format!("sqlite:{}", home.join("retrieval.db").display())
}

/// A new database.
async fn postgres() -> String {
    let address = address_of(Durability::None, Path::new(env!("CARGO_TARGET_TMPDIR")));
    let statements = [
        &make_role(),
        "DROP DATABASE IF EXISTS retrieval",
        &format!("CREATE DATABASE retrieval OWNER {ROLE}"),
    ];
    address.run_as_superuser("postgres", &statements).await;

    address.plain("retrieval")
}
