//! Shared memory for every AI client a person or a team uses, over the Model Context Protocol.
//!
//! The floors, imports pointing down only: `cli` → `transport` → `mcp` → `service` → `store` → `domain`. See
//! `docs/ARCHITECTURE.md`.

pub mod domain;
pub mod store;
