//! What every step says about itself, for `migrate status` and `migrate down`.

use sea_orm_migration::MigrationTrait;

/// A migration that can tell a person what it does and what undoing it loses.
pub trait Step: MigrationTrait {
    /// Says in a few words what the step adds.
    fn summary(&self) -> &'static str;

    /// Says what `down` drops; shown before and after the step is undone.
    fn down_drops(&self) -> &'static str;
}

/// Implements the name, [`Step`] and the transaction rule of a step in one place.
///
/// SeaORM runs SQLite migrations without a transaction unless told otherwise; every step of ours wants one.
macro_rules! step {
    ($step:ty, $name:literal, adds $summary:literal, down drops $drops:literal) => {
        impl sea_orm_migration::MigrationName for $step {
            fn name(&self) -> &str {
                $name
            }
        }

        impl crate::Step for $step {
            fn summary(&self) -> &'static str {
                $summary
            }

            fn down_drops(&self) -> &'static str {
                $drops
            }
        }
    };
}

pub(crate) use step;
