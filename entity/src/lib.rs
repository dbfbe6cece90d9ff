//! One SeaORM entity a table, the same for both databases.
//!
//! Holds columns and relations, and no query and no rule. A column that is added here is added by a migration in the
//! same change; the tests compare the two.

pub mod actions;
pub mod embeddings;
pub mod entries;
pub mod entry_counts;
pub mod entry_links;
pub mod entry_tags;
pub mod entry_words;
pub mod read_counts;
pub mod reads;
pub mod users;
