//! Runs a command beside a Postgres with pgvector: `cargo run --example with_postgres -- COMMAND [ARGUMENT ...]`.
//!
//! Test-only. The command finds an empty database's address, for a plain role, in `AWARENESS_CLIENTS_POSTGRES_URL`.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a program for tests that should stop loudly"
)]

use std::path::Path;
use std::process::{Command, ExitCode};

use test_postgres::{Durability, ROLE, address_of, make_role};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let command = words.next().expect("a command");
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let address = address_of(Durability::None, &cache);
    let name = format!("clients_{}", std::process::id());
    address
        .run_as_superuser(
            "postgres",
            &[
                &make_role(),
                &format!("CREATE DATABASE {name} OWNER {ROLE}"),
            ],
        )
        .await;
    address
        .run_as_superuser(&name, &["CREATE EXTENSION vector"])
        .await;

    let status = Command::new(command)
        .args(words)
        .env("AWARENESS_CLIENTS_POSTGRES_URL", address.plain(&name))
        .status()
        .unwrap();

    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    address.run_as_superuser("postgres", &[&drop]).await;

    if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
