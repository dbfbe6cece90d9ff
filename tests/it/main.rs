//! Every test that needs a database, in one binary: each body runs on SQLite and on Postgres.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop loudly"
)]

mod mcp;
mod migrations;
mod store;
mod support;
