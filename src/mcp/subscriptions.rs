//! Word to clients that what they watch has changed.
//!
//! A subscription is a request of its own (2026-07-28); a client of an older revision subscribes to one resource at a time,
//! over pipes only, because over HTTP it has no stream to be told on.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::{ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::{Peer, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::envelope::ToolError;
use super::uri::Address;
use super::{Identity, Server};
use crate::domain::EntryType;
use crate::service::Error;
use crate::store::{Change, Changes, NameHash};

/// Changes within this time are told together: a burst of reports is one reason to look again.
const GATHER: Duration = Duration::from_millis(50);

/// Subscriptions of a client of an older revision, by resource.
#[derive(Clone, Default)]
pub(super) struct OlderSubscriptions(Arc<Mutex<HashMap<String, CancellationToken>>>);

/// The part of a filter that can be watched.
pub(super) fn watchable(requested: &SubscriptionFilter) -> SubscriptionFilter {
    let uris = requested.resource_subscriptions.iter().flatten();
    let watchable: Vec<_> = uris.filter(|uri| is_watchable(uri)).cloned().collect();
    let mut accepted = SubscriptionFilter::new();
    accepted.prompts_list_changed = requested.prompts_list_changed;
    accepted.resource_subscriptions = (!watchable.is_empty()).then_some(watchable);

    accepted
}

fn is_watchable(uri: &str) -> bool {
    matches!(
        Address::parse(uri),
        Some(
            Address::Briefing
                | Address::Alerts
                | Address::AlertsOf(_)
                | Address::StatusOf(_)
                | Address::Suppressions
        )
    )
}

/// Whether what a resource shows depends on what has changed.
fn concerns(uri: &str, change: Change) -> bool {
    let (entry_type, source) = match change {
        Change::Anything => return true,
        Change::Prompts => return false,
        Change::Entry(entry_type, source) => (entry_type, source),
    };

    match Address::parse(uri) {
        Some(Address::Briefing) => true,
        Some(Address::Alerts) => entry_type == EntryType::Alert,
        Some(Address::Suppressions) => entry_type == EntryType::Suppression,
        Some(Address::AlertsOf(name)) => {
            entry_type == EntryType::Alert && source == NameHash::of(&name)
        }
        Some(Address::StatusOf(name)) => {
            entry_type == EntryType::Status && source == NameHash::of(&name)
        }
        _ => false,
    }
}

/// The next changes: waits for one, and takes those that follow at once.
async fn next_changes(changes: &mut Changes) -> Option<Vec<Change>> {
    let mut gathered = vec![changes.next().await?];
    while let Ok(Some(change)) = timeout(GATHER, changes.next()).await {
        if !gathered.contains(&change) {
            gathered.push(change);
        }
        if gathered.contains(&Change::Anything) {
            break;
        }
    }

    Some(gathered)
}

impl Server {
    /// Tells a client what has changed until it goes away or the server ends.
    pub(super) async fn tell(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.changes(subscription.request_context()).await?;
        let accepted = subscription.accepted().clone();
        let uris: BTreeSet<_> = accepted
            .resource_subscriptions
            .into_iter()
            .flatten()
            .collect();
        let sink = subscription.sink();

        loop {
            let gathered = tokio::select! {
                () = subscription.cancelled() => return Ok(()),
                gathered = next_changes(&mut changes) => gathered,
            };
            let Some(gathered) = gathered else {
                return Ok(());
            };
            let mut told = Ok(());
            for uri in &uris {
                if told.is_ok() && gathered.iter().any(|change| concerns(uri, *change)) {
                    told = sink.notify_resource_updated(uri.as_str()).await;
                }
            }
            let prompts_changed = gathered
                .iter()
                .any(|change| matches!(change, Change::Prompts | Change::Anything));
            if told.is_ok() && prompts_changed && accepted.prompts_list_changed == Some(true) {
                told = sink.notify_prompt_list_changed().await;
            }
            if told.is_err() {
                // The client has gone.
                return Ok(());
            }
        }
    }

    /// Begins to tell an older client when a resource changes.
    pub(super) async fn subscribe_older(
        &self,
        uri: String,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if self.identity == Identity::PerRequest {
            return Err(ErrorData::invalid_request(
                "there is no stream to be told on: subscribe with subscriptions/listen of revision 2026-07-28",
                None,
            ));
        }
        if !is_watchable(&uri) {
            let message = format!("{uri} cannot be watched");
            return Err(ErrorData::resource_not_found(message, None));
        }
        let changes = self.changes(&context).await?;
        let stop = CancellationToken::new();
        if let Some(earlier) = self.older.insert(uri.clone(), stop.clone()) {
            earlier.cancel();
        }
        tokio::spawn(stop.run_until_cancelled_owned(tell_older(context.peer, uri, changes)));

        Ok(())
    }

    /// Ends what [`Server::subscribe_older`] began.
    pub(super) fn unsubscribe_older(&self, uri: &str) {
        if let Some(stop) = self.older.remove(uri) {
            stop.cancel();
        }
    }

    async fn changes(&self, context: &RequestContext<RoleServer>) -> Result<Changes, ErrorData> {
        let caller = self.caller(context)?;

        self.service
            .store()
            .changes(&caller.owner)
            .await
            .map_err(|error| ToolError::from(Error::from(error)).into_protocol_error())
    }
}

async fn tell_older(peer: Peer<RoleServer>, uri: String, mut changes: Changes) {
    while let Some(gathered) = next_changes(&mut changes).await {
        if gathered.iter().any(|change| concerns(&uri, *change)) {
            let update = ResourceUpdatedNotificationParam::new(uri.as_str());
            if peer.notify_resource_updated(update).await.is_err() {
                return;
            }
        }
    }
}

impl OlderSubscriptions {
    fn insert(&self, uri: String, stop: CancellationToken) -> Option<CancellationToken> {
        let mut subscriptions = self.0.lock().unwrap_or_else(PoisonError::into_inner);

        subscriptions.insert(uri, stop)
    }

    fn remove(&self, uri: &str) -> Option<CancellationToken> {
        let mut subscriptions = self.0.lock().unwrap_or_else(PoisonError::into_inner);

        subscriptions.remove(uri)
    }
}
