//! What is watched: statuses, alerts, and silence for alerts.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::knowledge::expiry;
use super::{Caller, Entries, Error, Invalid, Service, Shape, Written};
use crate::domain::{
    AlertType, Data, Entry, EntryType, Level, MAX_PAGE_SIZE, PageRequest, Tags, Timestamp,
};
use crate::store::{EntryFilter, Expired, Identity, Order};

/// Minutes a suppression may last: a hundred years.
const MOST_MINUTES: i64 = 52_560_000;

/// The latest report of a source.
#[derive(Clone, Debug)]
pub struct NewStatus {
    /// Who reports.
    pub source: String,
    /// Labels.
    pub tags: Tags,
    /// What was measured.
    pub metrics: Data,
    /// What the source consists of; left out when empty.
    pub inventory: Data,
    /// Seconds until the report is stale, from 1; default 120.
    pub ttl_sec: i64,
}

/// Something wrong at a source.
#[derive(Clone, Debug)]
pub struct NewAlert {
    /// Where.
    pub source: String,
    /// Labels.
    pub tags: Tags,
    /// What the reporter calls it; a second report under the same name updates the first.
    pub alert_id: String,
    /// How serious it is.
    pub level: Level,
    /// What kind of deviation it is.
    pub alert_type: AlertType,
    /// What to tell a person.
    pub message: String,
    /// Whether it is over.
    pub resolved: bool,
    /// More keys, for example `metric`, `details`, `diagnostics`; a null removes a key of the earlier report.
    pub extra: Data,
}

/// Silence for some alerts, for a while.
#[derive(Clone, Debug)]
pub struct NewSuppression {
    /// Where; empty is everywhere.
    pub source: String,
    /// Alerts with one of these; none is any.
    pub tags: Tags,
    /// Alerts of this metric; none is any.
    pub metric: Option<String>,
    /// Up to this level.
    pub level: Level,
    /// Minutes it lasts, from 1.
    pub duration_minutes: i64,
    /// Whether a more serious alert breaks through.
    pub escalation_override: bool,
    /// Why.
    pub reason: String,
}

/// Which live alerts are wanted.
#[derive(Clone, Debug, Default)]
pub struct AlertQuery {
    /// Of this source, exactly.
    pub source: Option<String>,
    /// Touched then or later.
    pub since: Option<Timestamp>,
    /// Whole entries or summaries.
    pub shape: Shape,
    /// Which part.
    pub page: PageRequest,
}

impl Service {
    /// Takes the report of a source in place of its last one; the entry keeps its id, its reads and its actions.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the time to live is below a second.
    pub async fn report_status(
        &self,
        caller: &Caller,
        status: NewStatus,
    ) -> Result<Written, Error> {
        if status.ttl_sec < 1 {
            return Err(Invalid::out_of_range("ttl_sec", status.ttl_sec, 1, i64::MAX).into());
        }

        let identity = Identity::Status {
            source: status.source.clone(),
        };
        let mut entry = self.new_entry(EntryType::Status, &status.source, &status.tags);
        entry.data = Data::from_iter([
            ("metrics".to_owned(), Value::Object(status.metrics)),
            ("ttl_sec".to_owned(), status.ttl_sec.into()),
        ]);
        if !status.inventory.is_empty() {
            entry
                .data
                .insert("inventory".to_owned(), Value::Object(status.inventory));
        }

        self.report(caller, entry, &identity, |held, fresh| {
            held.data = fresh.data;
        })
        .await
    }

    /// Raises, repeats or resolves an alert. What an earlier report said and this one does not is kept; when it began again
    /// after it was over is noted as `reopened`.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn report_alert(&self, caller: &Caller, alert: NewAlert) -> Result<Written, Error> {
        let identity = Identity::Alert {
            source: alert.source.clone(),
            alert_id: alert.alert_id.clone(),
        };
        let mut entry = self.new_entry(EntryType::Alert, &alert.source, &alert.tags);
        entry.data = alert.extra.clone();
        entry.data.retain(|_, value| !value.is_null());
        let fixed = Data::from_iter([
            ("alert_id".to_owned(), alert.alert_id.into()),
            ("level".to_owned(), alert.level.as_str().into()),
            ("alert_type".to_owned(), alert.alert_type.as_str().into()),
            ("message".to_owned(), alert.message.into()),
            ("resolved".to_owned(), alert.resolved.into()),
        ]);
        entry.data.extend(fixed);

        self.report(caller, entry, &identity, |held, fresh| {
            let was_over = held.data.get("resolved") == Some(&Value::Bool(true));
            if was_over && !alert.resolved {
                held.data.insert("reopened".to_owned(), json!(held.updated));
            }
            held.data.extend(fresh.data);
            held.data
                .retain(|key, _| alert.extra.get(key) != Some(&Value::Null));
        })
        .await
    }

    /// Silences alerts for a while; always a new entry.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the minutes are out of range.
    pub async fn suppress_alert(
        &self,
        caller: &Caller,
        suppression: NewSuppression,
    ) -> Result<Written, Error> {
        let mut entry = self.new_entry(
            EntryType::Suppression,
            &suppression.source,
            &suppression.tags,
        );
        entry.expires = Some(expiry(
            entry.created,
            "duration_minutes",
            suppression.duration_minutes,
            MOST_MINUTES,
            TimeDelta::try_minutes,
        )?);
        entry.data = Data::from_iter([
            ("metric".to_owned(), json!(suppression.metric)),
            (
                "suppress_level".to_owned(),
                suppression.level.as_str().into(),
            ),
            (
                "escalation_override".to_owned(),
                suppression.escalation_override.into(),
            ),
            ("reason".to_owned(), suppression.reason.into()),
        ]);

        self.insert(caller, &entry).await
    }

    /// Finds live alerts, last touched first, and logs what it returns as read. Suppressions and patterns are not applied.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_alerts(&self, caller: &Caller, query: &AlertQuery) -> Result<Entries, Error> {
        let mut filter = self.live_alerts();
        if let Some(source) = &query.source {
            filter = filter.about(source);
        }
        if let Some(since) = query.since {
            filter = filter.touched_since(since);
        }

        self.list_and_log(caller, &filter, query.shape, query.page, "get_alerts")
            .await
    }

    /// Finds the status of a source, stale or not, and logs it as read.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the source never reported.
    pub async fn get_status(&self, caller: &Caller, source: &str) -> Result<Entry, Error> {
        let filter = EntryFilter::active()
            .of_types([EntryType::Status])
            .about(source);
        let one = PageRequest::first(1);
        let mut page = self.list(caller, &filter, Order::Touched, one).await?;
        let Some(status) = page.items.pop() else {
            return Err(Error::NotFound {
                param: "source",
                value: source.to_owned(),
                message: format!("`{source}` has not reported a status"),
            });
        };
        self.log_reads(caller, [&status.id].into_iter(), "get_status");

        Ok(status)
    }

    /// Lists the suppressions in force, last touched first, and logs them as read.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_suppressions(&self, caller: &Caller) -> Result<Vec<Entry>, Error> {
        let filter = EntryFilter::active()
            .of_types([EntryType::Suppression])
            .expired(Expired::HiddenAt(self.now()));
        let page = PageRequest::first(MAX_PAGE_SIZE);
        let page = self.list(caller, &filter, Order::Touched, page).await?;
        self.log_reads(
            caller,
            page.items.iter().map(|entry| &entry.id),
            "get_suppressions",
        );

        Ok(page.items)
    }

    /// Alerts that are neither resolved nor expired.
    pub(super) fn live_alerts(&self) -> EntryFilter {
        EntryFilter::active()
            .of_types([EntryType::Alert])
            .unresolved()
            .expired(Expired::HiddenAt(self.now()))
    }

    /// Stores a report, or lets `apply` bring the earlier one with the same identity up to date.
    async fn report(
        &self,
        caller: &Caller,
        fresh: Entry,
        identity: &Identity,
        apply: impl FnOnce(&mut Entry, Entry),
    ) -> Result<Written, Error> {
        Invalid::check_keys(&fresh)?;
        let transaction = self.write(caller).await?;
        let id = match transaction.insert_or_find(&fresh, identity).await? {
            None => fresh.id,
            Some(mut held) => {
                held.tags = fresh.tags.clone();
                held.updated = Some(self.now());
                apply(&mut held, fresh);
                transaction.update(&held).await?;
                held.id
            }
        };
        transaction.commit().await?;
        self.tidy_up();

        Ok(Written { id, expires: None })
    }
}
