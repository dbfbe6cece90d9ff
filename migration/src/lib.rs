//! The history of the schema, and the one runner that applies it.
//!
//! One file a step, `m<date>_<number>_<name>.rs`; each opens with what it does and what must survive it. A step that
//! has shipped is never edited: a correction is a new step. Steps know tables and columns as strings and never import
//! the entities, because entities change and history does not.
//!
//! To add a step: write the file, list it in [`Migrator::steps`], and extend the entity in the same change; the tests
//! compare the two on both databases.

mod backup;
mod database_url;
mod default_owner;
mod lock;
mod runner;
mod sql;
mod step;

mod m20260105_000001_entries;
mod m20260105_000002_reads_and_actions;
mod m20260112_000003_embeddings;
mod m20260119_000004_logical_key;
mod m20260202_000005_owner;
mod m20260209_000006_row_level_security;
mod m20260216_000007_updated_nullable;
mod m20260223_000008_oauth_identity;
mod m20260302_000009_language_and_words;
mod m20260309_000010_system_owner;
mod m20260316_000011_unique_identities;
mod m20260323_000012_recency_and_tags;
mod m20260330_000013_read_counts;
mod m20260406_000014_live_views;
mod m20260413_000015_kept_counts;
mod m20260420_000016_links;
mod m20260427_000017_changes;
mod m20260504_000018_search;
mod m20260511_000019_stateless_intentions;
mod m20260518_000020_given_languages;
mod m20260525_000021_nearest;

pub use database_url::{DatabaseUrl, DatabaseUrlError, Server};
pub use default_owner::{DefaultOwnerError, SYSTEM_OWNER, default_owner};
pub use runner::{Applied, Direction, MigrateError, Pending, Report, Runner, Status, StepStatus};
pub use step::Step;

use sea_orm_migration::{MigrationTrait, MigratorTraitSelf};

/// The ordered steps of the schema.
///
/// Holds the default owner because the owner step writes it into column defaults, which take no bound values.
#[derive(Clone, Debug)]
pub struct Migrator {
    default_owner: String,
}

impl Migrator {
    /// Makes the migrator of a deployment whose rows without an owner belong to `default_owner`.
    ///
    /// The value comes from [`default_owner()`], which refuses what may not be an owner.
    #[must_use]
    pub fn new(default_owner: impl Into<String>) -> Self {
        Self {
            default_owner: default_owner.into(),
        }
    }

    /// Lists every step, oldest first.
    #[must_use]
    pub fn steps(&self) -> Vec<Box<dyn Step>> {
        vec![
            Box::new(m20260105_000001_entries::Entries),
            Box::new(m20260105_000002_reads_and_actions::ReadsAndActions),
            Box::new(m20260112_000003_embeddings::Embeddings),
            Box::new(m20260119_000004_logical_key::LogicalKey),
            Box::new(m20260202_000005_owner::Owner::new(&self.default_owner)),
            Box::new(m20260209_000006_row_level_security::RowLevelSecurity),
            Box::new(m20260216_000007_updated_nullable::UpdatedNullable),
            Box::new(m20260223_000008_oauth_identity::OauthIdentity),
            Box::new(m20260302_000009_language_and_words::LanguageAndWords),
            Box::new(m20260309_000010_system_owner::SystemOwner),
            Box::new(m20260316_000011_unique_identities::UniqueIdentities),
            Box::new(m20260323_000012_recency_and_tags::RecencyAndTags),
            Box::new(m20260330_000013_read_counts::ReadCounts),
            Box::new(m20260406_000014_live_views::LiveViews),
            Box::new(m20260413_000015_kept_counts::KeptCounts),
            Box::new(m20260420_000016_links::Links),
            Box::new(m20260427_000017_changes::Changes),
            Box::new(m20260504_000018_search::Search),
            Box::new(m20260511_000019_stateless_intentions::StatelessIntentions),
            Box::new(m20260518_000020_given_languages::GivenLanguages),
            Box::new(m20260525_000021_nearest::Nearest),
        ]
    }
}

impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        self.steps()
            .into_iter()
            .map(|step| -> Box<dyn MigrationTrait> { step })
            .collect()
    }
}
