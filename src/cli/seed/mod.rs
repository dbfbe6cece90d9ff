//! `awareness seed`: demo entries, planted through the service like any other, and taken away again.
//!
//! Each has a fixed id, so that planting twice plants once, and removing touches nothing of yours.

mod planting;

use std::sync::{Arc, Mutex, PoisonError};

use migration::Direction;
use serde::Deserialize;

use super::arguments::{Seed, StoreFlags};
use super::{Failure, migrate, settings};
use crate::config::Transport;
use crate::domain::{EntryId, Ids, Owner, SystemClock, Timestamp};
use crate::service::{Caller, Service};
use crate::store::Store;
use planting::Planting;

const DEMO: &str = include_str!("../../../seed/demo.json");

#[derive(Deserialize)]
struct Demo {
    owners: Vec<OwnerSeed>,
}

#[derive(Deserialize)]
struct OwnerSeed {
    /// The default owner, if it names none.
    owner: Option<String>,
    entries: Vec<EntrySeed>,
}

#[derive(Deserialize)]
struct EntrySeed {
    id: String,
    #[serde(flatten)]
    planting: Planting,
}

/// Gives the next entry the id it is to have.
#[derive(Default)]
struct FixedIds(Mutex<String>);

impl FixedIds {
    fn set(&self, id: &str) {
        id.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Ids for FixedIds {
    fn next(&self, _now: Timestamp) -> EntryId {
        EntryId::from(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .as_str(),
        )
    }
}

pub(super) async fn run(seed: Seed, store_flags: &StoreFlags) -> Result<(), Failure> {
    let settings = settings(&store_flags.flags(), Transport::StreamableHttp)?;
    migrate::runner(&settings)?.run(Direction::Up, None).await?;
    let store = Store::open(&settings.database).await?;
    let ids = Arc::new(FixedIds::default());
    let service = Service::with_parts(store, Arc::new(SystemClock), ids.clone());
    let demo: Demo = serde_json::from_str(DEMO)?;

    let mut count = 0;
    for OwnerSeed { owner, entries } in demo.owners {
        let caller = Caller {
            owner: match owner {
                Some(owner) => Owner::new(owner)?,
                None => settings.default_owner.clone(),
            },
            platform: None,
        };
        count += if seed.remove {
            remove(&service, &caller, &entries).await?
        } else {
            plant(&service, &ids, &caller, entries).await?
        };
    }
    service.shut_down().await;

    let what = if seed.remove { "removed" } else { "planted" };
    println!("{what} {count} demo entries in {}", settings.database);

    Ok(())
}

/// Plants what is not there; what was put into the trash comes back as it was. Returns how many entries are new or back.
async fn plant(
    service: &Service,
    ids: &FixedIds,
    caller: &Caller,
    entries: Vec<EntrySeed>,
) -> Result<u32, Failure> {
    let mut planted = 0;
    for EntrySeed { id, planting } in entries {
        let name = EntryId::from(id.as_str());
        if service.find_entry(caller, &name).await?.is_some() {
            continue;
        }
        if !service.restore_entry(caller, &name).await? {
            ids.set(&id);
            planting.plant(service, caller).await?;
        }
        planted += 1;
    }

    Ok(planted)
}

/// Puts the demo entries into the trash, the last planted first, because records need their schema.
async fn remove(service: &Service, caller: &Caller, entries: &[EntrySeed]) -> Result<u32, Failure> {
    let mut removed = 0;
    for EntrySeed { id, .. } in entries.iter().rev() {
        let id = EntryId::from(id.as_str());
        if service.find_entry(caller, &id).await?.is_some() {
            service.delete_entry(caller, &id).await?;
            removed += 1;
        }
    }

    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_demo_names_each_entry_once_and_has_two_owners() {
        let demo: Demo = serde_json::from_str(DEMO).unwrap();
        let ids: Vec<_> = demo
            .owners
            .iter()
            .flat_map(|owner| &owner.entries)
            .map(|entry| &entry.id)
            .collect();

        assert_eq!(demo.owners.len(), 2);
        assert!(ids.len() >= 17);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}
