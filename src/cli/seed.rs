//! `awareness seed`: demo entries, planted through the service like any other.

use super::Failure;
use super::arguments::{Seed, StoreFlags};

pub(super) async fn run(_seed: Seed, _store: &StoreFlags) -> Result<(), Failure> {
    Err(Failure("not yet".to_owned()))
}
