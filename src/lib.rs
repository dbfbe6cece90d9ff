//! Shared memory for every AI client a person or a team uses, over the Model Context Protocol.
//!
//! The floors, imports pointing down only: `cli` → `transport` → `mcp` → `service` → `store` → `domain`. See
//! `docs/ARCHITECTURE.md`.

pub mod cli;
pub mod config;
pub mod domain;
pub mod embed;
pub mod index;
pub mod mcp;
pub mod service;
pub mod store;
pub mod transport;
