//! Reading entries: by what they are about, when they were touched, and how well they fit a hint.

use super::search::{Ranked, Ranking, ranked_entries, ranked_summaries, wanted};
use super::{Caller, Error, Found, Service};
use crate::domain::{
    CHANGELOG, Entry, EntryId, EntrySummary, EntryType, Language, Page, PageRequest, Tags,
    Timestamp,
};
use crate::index::DocumentFilter;
use crate::store::{Access, EntryFilter, Expired, Order};

/// What to do with the history of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum History {
    /// Leave it out.
    #[default]
    Hidden,
    /// Show it.
    Shown,
    /// Show it, and only entries that have one.
    Only,
}

/// Which form a list takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Whole entries.
    #[default]
    Full,
    /// Summaries.
    List,
}

/// Which entries are wanted; all that is named must hold.
#[derive(Clone, Debug, Default)]
pub struct KnowledgeQuery {
    /// About this, exactly.
    pub source: Option<String>,
    /// With all of these tags.
    pub tags: Tags,
    /// Of this type; else notes, patterns, contexts and preferences.
    pub entry_type: Option<EntryType>,
    /// With or without history.
    pub history: History,
    /// Touched then or later.
    pub since: Option<Timestamp>,
    /// Touched then or earlier.
    pub until: Option<Timestamp>,
    /// Created then or later.
    pub created_after: Option<Timestamp>,
    /// Created then or earlier.
    pub created_before: Option<Timestamp>,
    /// Learned from this, exactly.
    pub learned_from: Option<String>,
    /// In this language.
    pub language: Option<Language>,
    /// Also what has expired.
    pub include_expired: bool,
    /// What to order by: how well entries fit this, instead of when they were touched.
    pub hint: Option<String>,
    /// Whole entries or summaries.
    pub shape: Shape,
    /// Which part.
    pub page: PageRequest,
}

/// A page of entries in the form asked for.
#[derive(Clone, Debug)]
pub enum Entries {
    /// Whole entries.
    Full(Page<Entry>),
    /// Summaries.
    List(Page<EntrySummary>),
}

impl Service {
    /// Finds entries, last touched first, and logs what it returns as read. Summaries carry the number of reads, this
    /// one included.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn get_knowledge(
        &self,
        caller: &Caller,
        query: &KnowledgeQuery,
        tool: &'static str,
    ) -> Result<Found, Error> {
        let filter = query.filter(self.now());
        let mut found = if let Some(hint) = &query.hint {
            let ranked = self.rank_knowledge(caller, query, hint).await?;
            self.list_ranked(caller, query, &filter, ranked, tool)
                .await?
        } else {
            let listed = self.list_and_log(caller, &filter, query.shape, query.page, tool);
            Found::listed(listed.await?)
        };
        if let (Entries::Full(page), History::Hidden) = (&mut found.entries, query.history) {
            for entry in &mut page.items {
                entry.data.remove(CHANGELOG);
            }
        }

        Ok(found)
    }

    /// Ranks what a query of knowledge may show by how well it fits a hint.
    async fn rank_knowledge(
        &self,
        caller: &Caller,
        query: &KnowledgeQuery,
        hint: &str,
    ) -> Result<Ranked, Error> {
        let meaning = self.meaning_of(caller, hint).await?;
        let transaction = self.store.begin(&caller.owner, Access::Read).await?;
        let ranking = Ranking {
            text: hint,
            meaning,
            language: None,
            least_cosine: None,
            filter: query.document_filter(self.now()),
            // The index does not know what an entry was learned from and whether it has a history.
            limit: match (&query.learned_from, query.history) {
                (None, History::Hidden | History::Shown) => wanted(query.page),
                _ => usize::MAX,
            },
        };
        let ranked = self.rank(caller, &transaction, ranking).await?;
        transaction.commit().await?;

        Ok(ranked)
    }

    /// Lists what was ranked, best first, then all else a filter lets through, last touched first.
    async fn list_ranked(
        &self,
        caller: &Caller,
        query: &KnowledgeQuery,
        filter: &EntryFilter,
        ranked: Ranked,
        tool: &'static str,
    ) -> Result<Found, Error> {
        let counting = self.read_log.counting().await;
        let transaction = self.store.begin(&caller.owner, Access::Read).await?;
        let entries = transaction.entries();
        let unranked = filter.clone().without_ids(&ranked.ids);
        let mut listed = match query.shape {
            Shape::Full => {
                let mut rows = ranked_entries(&transaction, filter.clone(), &ranked.ids).await?;
                let rest = part_of(&mut rows, query.page);
                rows.extend(entries.list(&unranked, Order::Touched, rest).await?);
                Entries::Full(Page::from_rows(rows, query.page).fitted())
            }
            Shape::List => {
                let mut rows = ranked_summaries(&transaction, filter.clone(), &ranked.ids).await?;
                let rest = part_of(&mut rows, query.page);
                let rest = entries.list_summaries(&unranked, Order::Touched, rest);
                rows.extend(rest.await?);
                Entries::List(Page::from_rows(rows, query.page).fitted())
            }
        };
        transaction.commit().await?;
        let now = self.log_reads(caller, listed.ids().into_iter(), tool);
        if let Entries::List(page) = &mut listed {
            counting.add_pending(&caller.owner, &mut page.items, now);
        }

        Ok(ranked.found(listed))
    }

    /// Finds one active entry.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn find_entry(&self, caller: &Caller, id: &EntryId) -> Result<Option<Entry>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let entry = transaction
            .entries()
            .find(id, &EntryFilter::active())
            .await?;
        transaction.commit().await?;

        Ok(entry)
    }

    /// Lists entries, last touched first, in the form asked for, and logs them as read. Summaries count this read too.
    pub(super) async fn list_and_log(
        &self,
        caller: &Caller,
        filter: &EntryFilter,
        shape: Shape,
        page: PageRequest,
        tool: &'static str,
    ) -> Result<Entries, Error> {
        match shape {
            Shape::Full => {
                let page = self.list(caller, filter, Order::Touched, page).await?;
                self.log_reads(caller, page.items.iter().map(|entry| &entry.id), tool);
                Ok(Entries::Full(page))
            }
            Shape::List => {
                let counting = self.read_log.counting().await;
                let mut page = self
                    .list_summaries(caller, filter, Order::Touched, page)
                    .await?;
                let now = self.log_reads(caller, page.items.iter().map(|entry| &entry.id), tool);
                counting.add_pending(&caller.owner, &mut page.items, now);
                Ok(Entries::List(page))
            }
        }
    }

    /// Lists whole entries.
    pub(super) async fn list(
        &self,
        caller: &Caller,
        filter: &EntryFilter,
        order: Order,
        page: PageRequest,
    ) -> Result<Page<Entry>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let rows = transaction.entries().list(filter, order, page).await?;
        transaction.commit().await?;

        Ok(Page::from_rows(rows, page).fitted())
    }

    /// Lists summaries.
    pub(super) async fn list_summaries(
        &self,
        caller: &Caller,
        filter: &EntryFilter,
        order: Order,
        page: PageRequest,
    ) -> Result<Page<EntrySummary>, Error> {
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let rows = transaction
            .entries()
            .list_summaries(filter, order, page)
            .await?;
        transaction.commit().await?;

        Ok(Page::from_rows(rows, page).fitted())
    }

    /// Logs entries as read, never failing; returns the time logged.
    pub(super) fn log_reads<'a>(
        &self,
        caller: &Caller,
        ids: impl Iterator<Item = &'a EntryId>,
        tool: &'static str,
    ) -> Timestamp {
        let now = self.now();
        self.read_log.record(caller, ids, tool, now);

        now
    }
}

/// Leaves of ranked rows those that a page shows, and one more; returns what is then to be listed of the others.
fn part_of<T>(rows: &mut Vec<T>, page: PageRequest) -> PageRequest {
    let ranked = rows.len() as u64;
    let skipped = page.offset.min(ranked);
    rows.drain(..usize::try_from(skipped).unwrap_or(usize::MAX));
    rows.truncate(usize::try_from(page.limit + 1).unwrap_or(usize::MAX));

    PageRequest {
        limit: page.limit.saturating_sub(rows.len() as u64),
        offset: page.offset - skipped,
        ..page
    }
}

impl Entries {
    /// The ids of the entries, in order.
    #[must_use]
    pub fn ids(&self) -> Vec<&EntryId> {
        match self {
            Self::Full(page) => page.items.iter().map(|entry| &entry.id).collect(),
            Self::List(page) => page.items.iter().map(|summary| &summary.id).collect(),
        }
    }
}

impl KnowledgeQuery {
    fn types(&self) -> Vec<EntryType> {
        match self.entry_type {
            Some(entry_type) => vec![entry_type],
            None => EntryType::KNOWLEDGE.to_vec(),
        }
    }

    /// The filter as far as the index knows it.
    fn document_filter(&self, now: Timestamp) -> DocumentFilter {
        DocumentFilter {
            types: self.types(),
            source: self.source.clone(),
            tags: self.tags.clone(),
            since: self.since,
            until: self.until,
            created_since: self.created_after,
            created_until: self.created_before,
            language: self.language,
            current_at: (!self.include_expired).then_some(now),
        }
    }

    fn filter(&self, now: Timestamp) -> EntryFilter {
        let mut filter = EntryFilter::active()
            .tagged(&self.tags)
            .of_types(self.types());
        if !self.include_expired {
            filter = filter.expired(Expired::HiddenAt(now));
        }
        if self.history == History::Only {
            filter = filter.with_history();
        }
        if let Some(source) = &self.source {
            filter = filter.about(source);
        }
        if let Some(since) = self.since {
            filter = filter.touched_since(since);
        }
        if let Some(until) = self.until {
            filter = filter.touched_until(until);
        }
        if let Some(after) = self.created_after {
            filter = filter.created_since(after);
        }
        if let Some(before) = self.created_before {
            filter = filter.created_until(before);
        }
        if let Some(origin) = &self.learned_from {
            filter = filter.learned_from(origin);
        }
        if let Some(language) = self.language {
            filter = filter.in_language(language);
        }

        filter
    }
}
