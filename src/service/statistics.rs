//! How much there is.

use super::{Caller, Error, Service};
use crate::store::{Access, Statistics, TagCount};

impl Service {
    /// Counts the owner's entries by type and lists the sources.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn statistics(&self, caller: &Caller) -> Result<Statistics, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Read).await?;
        let statistics = transaction.entries().statistics(self.now()).await?;
        transaction.commit().await?;

        Ok(statistics)
    }

    /// Counts the owner's tags, most frequent first, then by name.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn tags(&self, caller: &Caller) -> Result<Vec<TagCount>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Read).await?;
        let tags = transaction.entries().tags(self.now()).await?;
        transaction.commit().await?;

        Ok(tags)
    }
}
