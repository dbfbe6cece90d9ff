//! Every test that needs a database, in one binary: each body runs on SQLite and on Postgres.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop loudly, and JSON written in place is passed as it is"
)]

mod authentication;
mod commands;
mod embedding;
mod faults;
mod floors;
mod fuzz;
mod http;
mod isolation;
mod mcp;
mod migrations;
mod processes;
mod retrieval;
mod search_parity;
mod stdio;
mod store;
mod support;
