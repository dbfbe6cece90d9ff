//! What prompts and completions are made of: parts of a store, bounded, and no read of any entry.

use chrono::TimeDelta;

use super::{Caller, Error, Service};
use crate::domain::{CHANGELOG, Entry, EntryId, EntryType, Page, PageRequest, Tags, Timestamp};
use crate::store::{Access, EntryFilter, Expired, Order};

/// The most entries of a kind that an overview holds.
pub const OVERVIEW: u64 = 100;

/// The source whose entries are prompts of the owner's own.
pub const PROMPT_SOURCE: &str = "custom-prompt";

/// The tag of entries that say how the store is to be used.
pub const CONVENTION_TAG: &str = "memory-prompt";

/// Alerts and knowledge about something.
#[derive(Clone, Debug)]
pub struct About {
    /// Live alerts, last touched first.
    pub alerts: Page<Entry>,
    /// Notes, patterns, contexts and preferences, last touched first.
    pub knowledge: Page<Entry>,
}

/// What is known of a system.
#[derive(Clone, Debug)]
pub struct SystemOverview {
    /// Its last report.
    pub status: Option<Entry>,
    /// Seconds since the report, if that is more than it was to last.
    pub stale_for: Option<i64>,
    /// Its live alerts.
    pub alerts: Page<Entry>,
    /// Its patterns, and those that hold everywhere.
    pub patterns: Page<Entry>,
}

impl Service {
    /// Finds what is tagged with a name.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn about_tag(&self, caller: &Caller, tag: &str) -> Result<About, Error> {
        let tags = Tags::new([tag]);
        let alerts = self.live_alerts().tagged(&tags);
        let knowledge = self.knowledge().tagged(&tags);

        self.about(caller, alerts, knowledge).await
    }

    /// Finds what was touched in the last hours.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn about_last(&self, caller: &Caller, hours: i64) -> Result<About, Error> {
        let since = TimeDelta::try_hours(hours)
            .and_then(|span| self.now().checked_add(-span))
            .unwrap_or(Timestamp::EPOCH);

        self.about(
            caller,
            self.live_alerts().touched_since(since),
            self.knowledge().touched_since(since),
        )
        .await
    }

    async fn about(
        &self,
        caller: &Caller,
        alerts: EntryFilter,
        knowledge: EntryFilter,
    ) -> Result<About, Error> {
        Ok(About {
            alerts: self.overview_of(caller, &alerts).await?,
            knowledge: self.overview_of(caller, &knowledge).await?,
        })
    }

    /// Finds what is known of a system.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn system_overview(
        &self,
        caller: &Caller,
        source: &str,
    ) -> Result<SystemOverview, Error> {
        let status = EntryFilter::active()
            .of_types([EntryType::Status])
            .about(source);
        let patterns = EntryFilter::active()
            .of_types([EntryType::Pattern])
            .expired(Expired::HiddenAt(self.now()))
            .about_any([source, ""]);
        let alerts = self.live_alerts().about(source);
        let status = self
            .overview_of(caller, &status)
            .await?
            .items
            .into_iter()
            .next();

        Ok(SystemOverview {
            stale_for: status.as_ref().and_then(|status| self.stale_for(status)),
            status,
            alerts: self.overview_of(caller, &alerts).await?,
            patterns: self.overview_of(caller, &patterns).await?,
        })
    }

    /// Finds the entries that say how the store is to be used.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn conventions(&self, caller: &Caller) -> Result<Page<Entry>, Error> {
        let filter = self.knowledge().tagged(&Tags::new([CONVENTION_TAG]));

        self.overview_of(caller, &filter).await
    }

    /// Finds the owner's own prompts, in the order of their ids.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn own_prompts(&self, caller: &Caller) -> Result<Vec<Entry>, Error> {
        let filter = EntryFilter::active()
            .about(PROMPT_SOURCE)
            .expired(Expired::HiddenAt(self.now()));
        let all = PageRequest::first(crate::domain::MAX_PAGE_SIZE);
        let mut prompts = self.list(caller, &filter, Order::Touched, all).await?.items;
        prompts.sort_by(|a, b| a.id.cmp(&b.id));

        Ok(prompts)
    }

    /// Finds one active, unexpired entry and logs it as read.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`].
    pub async fn read_entry(
        &self,
        caller: &Caller,
        id: &EntryId,
        tool: &'static str,
    ) -> Result<Entry, Error> {
        let filter = EntryFilter::active().expired(Expired::HiddenAt(self.now()));
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let found = transaction.entries().find(id, &filter).await?;
        transaction.commit().await?;
        let Some(entry) = found else {
            return Err(Error::NotFound {
                param: "id",
                value: id.to_string(),
                message: "no such entry".to_owned(),
            });
        };
        self.log_reads(caller, [id].into_iter(), tool);

        Ok(entry)
    }

    /// Finds a schema, the owner's own or the shared one.
    ///
    /// # Errors
    ///
    /// [`Error::SchemaNotFound`].
    pub async fn read_schema(
        &self,
        caller: &Caller,
        family: &str,
        version: &str,
    ) -> Result<Entry, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let found = transaction.entries().find_schema(family, version).await?;
        transaction.commit().await?;

        found.ok_or_else(|| super::records::schema_not_found(&caller.owner, family, version))
    }

    /// Lists the families and versions of the schemas the owner can use.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn schema_names(&self, caller: &Caller) -> Result<Vec<(String, String)>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let mut names = transaction.entries().list_schema_names().await?;
        transaction.commit().await?;
        names.sort_unstable();
        names.dedup();

        Ok(names)
    }

    fn knowledge(&self) -> EntryFilter {
        EntryFilter::active()
            .of_types(EntryType::KNOWLEDGE.iter().copied())
            .expired(Expired::HiddenAt(self.now()))
    }

    async fn overview_of(
        &self,
        caller: &Caller,
        filter: &EntryFilter,
    ) -> Result<Page<Entry>, Error> {
        self.list(caller, filter, Order::Touched, PageRequest::first(OVERVIEW))
            .await
    }

    fn stale_for(&self, status: &Entry) -> Option<i64> {
        let ttl = status.data.get("ttl_sec")?.as_i64()?;
        let age = self.now().utc() - status.touched().utc();

        (age > TimeDelta::try_seconds(ttl)?).then(|| age.num_seconds())
    }
}

/// Whether an entry was changed since it was made.
#[must_use]
pub fn has_history(entry: &Entry) -> bool {
    entry
        .data
        .get(CHANGELOG)
        .and_then(serde_json::Value::as_array)
        .is_some_and(|items| !items.is_empty())
}
