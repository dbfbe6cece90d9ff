//! Who read what, and what was done because of it.

use super::{Caller, Entries, Error, Service};
use crate::domain::{Entry, EntryId, Page, PageRequest, Tags, Timestamp};
use crate::store::{Access, Action, Activity, EntryFilter, Expired, LogFilter, NewAction, Read};

/// Something done because of an entry.
#[derive(Clone, Debug)]
pub struct ActedOn {
    /// The entry.
    pub entry_id: EntryId,
    /// What was done.
    pub action: String,
    /// Who did it; the client's own name if not given or empty.
    pub platform: Option<String>,
    /// More about it.
    pub detail: Option<String>,
    /// Labels; the entry's at the time if not given.
    pub tags: Option<Tags>,
}

impl Service {
    /// Logs what was done because of an entry; each call is a new event.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such active entry.
    pub async fn acted_on(&self, caller: &Caller, act: ActedOn) -> Result<Action, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Write).await?;
        let entry = transaction
            .entries()
            .find(&act.entry_id, &EntryFilter::active())
            .await?;
        let Some(entry) = entry else {
            return Err(Error::NotFound {
                param: "entry_id",
                value: act.entry_id.to_string(),
                message: "no such entry".to_owned(),
            });
        };
        let logged = NewAction {
            entry_id: act.entry_id,
            timestamp: self.now(),
            platform: act
                .platform
                .filter(|name| !name.is_empty())
                .or_else(|| caller.platform.clone()),
            action: act.action,
            detail: act.detail,
            tags: act.tags.unwrap_or(entry.tags),
        };
        let id = transaction.actions().log(&logged).await?;
        transaction.commit().await?;

        Ok(Action { id, logged })
    }

    /// Lists the log of reads, newest first, those of this moment included.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_reads(
        &self,
        caller: &Caller,
        filter: &LogFilter,
        page: PageRequest,
    ) -> Result<Page<Read>, Error> {
        self.read_log.settle(&caller.owner).await;
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let rows = transaction.reads().list(filter, page).await?;
        transaction.commit().await?;

        Ok(Page::from_rows(rows, page))
    }

    /// Lists the actions that carry all of the tags, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_actions(
        &self,
        caller: &Caller,
        filter: &LogFilter,
        tags: &Tags,
        page: PageRequest,
    ) -> Result<Page<Action>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let rows = transaction.actions().list(filter, tags, page).await?;
        transaction.commit().await?;

        Ok(Page::from_rows(rows, page))
    }

    /// Lists reads and actions together, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_activity(
        &self,
        caller: &Caller,
        filter: &LogFilter,
        page: PageRequest,
    ) -> Result<Page<Activity>, Error> {
        self.read_log.settle(&caller.owner).await;
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let rows = transaction.activities().list(filter, page).await?;
        transaction.commit().await?;

        Ok(Page::from_rows(rows, page))
    }

    /// Lists active entries that nobody has read, or not since a time; last created first. Is no read itself.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_unread(
        &self,
        caller: &Caller,
        since: Option<Timestamp>,
        page: PageRequest,
    ) -> Result<Entries, Error> {
        self.read_log.settle(&caller.owner).await;
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let rows = transaction
            .entries()
            .list_unread(since, self.now(), page)
            .await?;
        transaction.commit().await?;

        Ok(Entries::List(Page::from_rows(rows, page)))
    }

    /// Lists the active entries an entry is linked with: those it names, then those that name it, each group last touched
    /// first; logs them as read.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such active entry.
    pub async fn get_related(&self, caller: &Caller, id: &EntryId) -> Result<Vec<Entry>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let entry = transaction
            .entries()
            .find(id, &EntryFilter::active())
            .await?;
        let Some(entry) = entry else {
            return Err(Error::NotFound {
                param: "entry_id",
                value: id.to_string(),
                message: "no such entry".to_owned(),
            });
        };
        let filter = EntryFilter::active().expired(Expired::HiddenAt(self.now()));
        let related = transaction.entries().list_related(&entry, &filter).await?;
        transaction.commit().await?;
        self.log_reads(caller, related.iter().map(|entry| &entry.id), "get_related");

        Ok(related)
    }
}
