//! `awareness reindex`: makes the words of every entry anew, and the vectors that are missing.

use super::arguments::StoreFlags;
use super::{Failure, migrate, settings};
use crate::config::Transport;
use crate::service::{CaughtUp, Service};
use crate::store::Store;

/// Entries between two lines of progress.
const STEP: u64 = 10_000;

pub(super) async fn run(store_flags: &StoreFlags) -> Result<(), Failure> {
    let settings = settings(&store_flags.flags(), Transport::StreamableHttp)?;
    let status = migrate::runner(&settings)?.status().await?;
    if status.pending().0 > 0 {
        return Err(Failure(format!(
            "{}: run `awareness migrate up` first",
            status.pending()
        )));
    }
    let provider = settings.embedding.provider()?;
    let store = Store::open(&settings.database).await?;
    let service = Service::with_provider(store, provider);

    let entries = service.forget_words().await?;
    println!("{entries} entries to analyse");
    let tell = |done: CaughtUp| {
        if done.analysed.is_multiple_of(STEP) && done.embedded == 0 {
            println!("{} analysed", done.analysed);
        }
    };
    let done = service.catch_up(tell).await;
    service.shut_down().await;
    let CaughtUp { analysed, embedded } = done?;
    println!("{analysed} analysed, {embedded} embedded");

    Ok(())
}
