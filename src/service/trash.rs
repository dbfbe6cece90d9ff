//! Deleting and bringing back.

use super::knowledge::taken;
use super::records::{guard_schemas, schema_not_found};
use super::{Caller, Entries, Error, Service, Shape};
use crate::domain::{
    Entry, EntryId, EntryType, ORIGINAL_EXPIRES, Owner, PageRequest, Tags, Timestamp, Word,
};
use crate::store::{Access, EntryFilter, Identity, Order, Transaction};

/// Entries brought back at once.
const BATCH: PageRequest = PageRequest {
    limit: 500,
    offset: 0,
    max_tokens: None,
};

/// Which entries a bulk deletion is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkTarget {
    /// All that carry all of these tags.
    Tags(Tags),
    /// All of a source, perhaps of one type only.
    Source(String, Option<EntryType>),
    /// All suppressions, wherever they hold.
    Suppressions,
}

/// Whether a bulk deletion is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// Only count.
    DryRun,
    /// Delete; refuse if another number than this would go.
    Confirmed(Option<u64>),
}

/// What a bulk deletion did, or would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trashed {
    /// So many would go.
    Would(u64),
    /// So many went.
    Did(u64),
}

/// What a bulk restore did.
#[derive(Debug, Default)]
pub struct RestoredByTags {
    /// So many came back.
    pub restored: u64,
    /// These did not, each with what is in its way.
    pub conflicts: Vec<(EntryId, Error)>,
}

impl Service {
    /// Puts one entry into the trash. Says nothing about whether there was one.
    ///
    /// # Errors
    ///
    /// [`Error::SchemaInUse`] when it is a schema that active records need.
    pub async fn delete_entry(&self, caller: &Caller, id: &EntryId) -> Result<(), Error> {
        let filter = EntryFilter::active().with_ids([id]);
        let transaction = self.store.begin(&caller.owner, Access::Write).await?;
        guard_schemas(&transaction, &filter, Access::Write).await?;
        transaction.entries().trash(&filter, self.now()).await?;
        transaction.commit().await?;

        Ok(())
    }

    /// Puts many entries into the trash, or says how many would go.
    ///
    /// # Errors
    ///
    /// [`Error::SchemaInUse`] when a schema among them is needed by records that would stay, also in a dry run;
    /// [`Error::CountChanged`] when the number is not the one the caller expects.
    pub async fn delete_many(
        &self,
        caller: &Caller,
        target: &BulkTarget,
        confirmation: Confirmation,
    ) -> Result<Trashed, Error> {
        let filter = target.filter();
        let access = match confirmation {
            Confirmation::DryRun => Access::Read,
            Confirmation::Confirmed(_) => Access::Write,
        };
        let transaction = self.store.begin(&caller.owner, access).await?;
        guard_schemas(&transaction, &filter, access).await?;

        let outcome = match confirmation {
            Confirmation::DryRun => Trashed::Would(transaction.entries().count(&filter).await?),
            Confirmation::Confirmed(expected) => {
                let actual = transaction.entries().trash(&filter, self.now()).await?;
                if let Some(expected) = expected.filter(|expected| *expected != actual) {
                    return Err(Error::CountChanged { expected, actual });
                }
                Trashed::Did(actual)
            }
        };
        transaction.commit().await?;

        Ok(outcome)
    }

    /// Brings one entry back; returns whether it was in the trash.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] when what identifies it was taken meanwhile; [`Error::SchemaNotFound`] when it is a record whose
    /// schema is gone.
    pub async fn restore_entry(&self, caller: &Caller, id: &EntryId) -> Result<bool, Error> {
        let filter = EntryFilter::trashed().with_ids([id]);
        let transaction = self.store.begin(&caller.owner, Access::Write).await?;
        let Some(entry) = transaction
            .entries()
            .list(&filter, Order::Deleted, BATCH)
            .await?
            .pop()
        else {
            return Ok(false);
        };
        if let Some(obstacle) = obstacle(&transaction, &caller.owner, &entry).await? {
            return Err(obstacle);
        }
        let restored = transaction.entries().restore(&[entry.id]).await?;
        transaction.commit().await?;

        Ok(restored > 0)
    }

    /// Brings back all trashed entries that carry all of the tags, except those whose place was taken meanwhile and records
    /// without their schema; of two with the same identity the one deleted last comes back.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn restore_tagged(
        &self,
        caller: &Caller,
        tags: &Tags,
    ) -> Result<RestoredByTags, Error> {
        let filter = EntryFilter::trashed().tagged(tags);
        let transaction = self.store.begin(&caller.owner, Access::Write).await?;
        let mut outcome = RestoredByTags::default();
        // Records come after the schemas they need.
        let types = EntryType::ALL.iter().copied();
        let (first, then): (Vec<_>, Vec<_>) = types.partition(|one| *one == EntryType::Schema);
        for types in [first, then] {
            let filter = filter.clone().of_types(types);
            restore_all(&transaction, &caller.owner, &filter, &mut outcome).await?;
        }
        transaction.commit().await?;

        Ok(outcome)
    }

    /// Lists the trash, last deleted first.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_deleted(
        &self,
        caller: &Caller,
        since: Option<Timestamp>,
        shape: Shape,
        page: PageRequest,
    ) -> Result<Entries, Error> {
        let mut filter = EntryFilter::trashed();
        if let Some(since) = since {
            filter = filter.deleted_since(since);
        }

        match shape {
            Shape::List => {
                let page = self
                    .list_summaries(caller, &filter, Order::Deleted, page)
                    .await?;
                Ok(Entries::List(page))
            }
            Shape::Full => {
                let mut page = self.list(caller, &filter, Order::Deleted, page).await?;
                for entry in &mut page.items {
                    entry.data.remove(ORIGINAL_EXPIRES);
                }
                Ok(Entries::Full(page))
            }
        }
    }
}

impl BulkTarget {
    fn filter(&self) -> EntryFilter {
        let active = EntryFilter::active();
        match self {
            Self::Tags(tags) => active.tagged(tags),
            Self::Source(source, None) => active.about(source),
            Self::Source(source, Some(entry_type)) => active.about(source).of_types([*entry_type]),
            Self::Suppressions => active.of_types([EntryType::Suppression]),
        }
    }
}

/// Brings back every entry of a filter that nothing is in the way of.
async fn restore_all(
    transaction: &Transaction,
    owner: &Owner,
    filter: &EntryFilter,
    outcome: &mut RestoredByTags,
) -> Result<(), Error> {
    let entries = transaction.entries();
    let mut skipped = 0;
    loop {
        // Those that cannot come back stay in the list, before those that still can.
        let page = PageRequest {
            offset: skipped,
            ..BATCH
        };
        let trashed = entries.list(filter, Order::Deleted, page).await?;
        if trashed.is_empty() {
            return Ok(());
        }
        for entry in trashed {
            if let Some(obstacle) = obstacle(transaction, owner, &entry).await? {
                outcome.conflicts.push((entry.id, obstacle));
                skipped += 1;
            } else {
                outcome.restored += entries.restore(&[entry.id]).await?;
            }
        }
    }
}

/// What keeps a trashed entry from coming back, if anything does.
async fn obstacle(
    transaction: &Transaction,
    owner: &Owner,
    entry: &Entry,
) -> Result<Option<Error>, Error> {
    let entries = transaction.entries();
    for identity in Identity::of(entry) {
        if let Some(holder) = entries.find_by_identity(&identity).await? {
            return Ok(Some(taken(&identity, &holder).into()));
        }
    }
    if entry.entry_type != EntryType::Record {
        return Ok(None);
    }
    let text = |key| entry.text(key).unwrap_or_default();
    let (family, version) = (text("schema_ref"), text("schema_version"));
    let schema = entries.hold_schema(family, version).await?;

    Ok(schema
        .is_none()
        .then(|| schema_not_found(owner, family, version)))
}
