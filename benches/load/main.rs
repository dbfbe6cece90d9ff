//! Speed and footprint, each figure beside its yardstick from the same run: `cargo bench --bench load`.
//!
//! Nothing here passes or fails. Machines differ and are noisy; the ratios are what to read. Server and load share the
//! machine. `cargo bench --bench load -- NAME` runs one part: `start`, `reads`, `tools`,
//! `search`, `writes`.
#![expect(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for developers that should stop loudly"
)]

/// The allocator of the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod client;
mod plant;
mod reads;
mod search;
mod serve;
mod start;
mod tools;
mod writes;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use migration::{DatabaseUrl, Direction, Migrator, Runner};
use tempfile::TempDir;
use test_postgres::{Durability, ROLE, address_of, make_role};

/// Owner of everything planted here.
const OWNER: &str = "bench";

fn main() {
    let parts: Vec<String> = std::env::args()
        .skip(1)
        .filter(|part| !part.starts_with("--"))
        .collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|name| name == part);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();

    if wanted("start") {
        start::measure();
    }
    runtime.block_on(async {
        if wanted("reads") {
            reads::measure().await;
        }
        if wanted("tools") {
            tools::measure().await;
        }
        if wanted("search") {
            search::measure().await;
        }
        if wanted("writes") {
            writes::measure().await;
        }
    });
}

/// Numbers the databases of one run.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database of the benchmark's own.
struct Bench {
    name: &'static str,
    url: DatabaseUrl,
    home: TempDir,
}

impl Bench {
    /// A migrated SQLite file beside the build, which is on a real disk.
    async fn sqlite() -> Self {
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let setting = format!("sqlite:{}", home.path().join("awareness.db").display());

        Self::migrated("SQLite", &setting, home).await
    }

    /// A migrated Postgres database, which waits for the disk at each commit.
    async fn postgres() -> Self {
        let home = tempfile::tempdir().unwrap();
        let name = format!("bench_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let address = address_of(Durability::Full, Path::new(env!("CARGO_TARGET_TMPDIR")));
        address
            .run_as_superuser(
                "postgres",
                &[
                    &make_role(),
                    &format!("DROP DATABASE IF EXISTS {name}"),
                    &format!("CREATE DATABASE {name} OWNER {ROLE}"),
                ],
            )
            .await;

        Self::migrated("Postgres", &address.plain(&name), home).await
    }

    async fn migrated(name: &'static str, setting: &str, home: TempDir) -> Self {
        let url = DatabaseUrl::parse(setting).unwrap();
        Runner::new(url.clone(), Migrator::new(OWNER))
            .run(Direction::Up, None)
            .await
            .unwrap();

        Self { name, url, home }
    }
}
