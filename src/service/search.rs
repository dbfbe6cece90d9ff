//! Finding entries by what they say.

use super::{Caller, Error, Service, Shape};
use crate::domain::{
    Entry, EntryId, EntrySummary, EntryType, Language, Page, PageRequest, Tags, Timestamp, Words,
};
use crate::store::{Access, EntryFilter, Expired, Order};

/// What is looked for, and among which entries; all that is named must hold.
#[derive(Clone, Debug, Default)]
pub struct SearchQuery {
    /// The words.
    pub query: String,
    /// About this, exactly.
    pub source: Option<String>,
    /// With all of these tags.
    pub tags: Tags,
    /// Of this type; else of any but suppressions.
    pub entry_type: Option<EntryType>,
    /// Touched then or later.
    pub since: Option<Timestamp>,
    /// Touched then or earlier.
    pub until: Option<Timestamp>,
    /// The language of the query.
    pub language: Option<Language>,
    /// Also what has expired.
    pub include_expired: bool,
    /// Whole entries or summaries.
    pub shape: Shape,
    /// Which part.
    pub page: PageRequest,
}

/// Found entries, best first, each with its score.
#[derive(Clone, Debug)]
pub enum Hits {
    /// Whole entries.
    Full(Page<(Entry, f64)>),
    /// Summaries.
    List(Page<(EntrySummary, f64)>),
}

/// Found entries, and how they were found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The entries.
    pub hits: Hits,
    /// The branches that took part.
    pub branches: Vec<&'static str>,
}

/// The constant of reciprocal rank fusion (Cormack, Clarke, Büttcher: "Reciprocal Rank Fusion outperforms Condorcet and
/// individual Rank Learning Methods", SIGIR 2009).
const RANK_CONSTANT: f64 = 60.0;

/// What embeddings were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backfilled {
    /// For entries that had none.
    pub new: u64,
    /// For entries whose text has changed.
    pub refreshed: u64,
    /// How many still have none or an old one.
    pub remaining: u64,
}

impl Service {
    /// Finds entries by their words, and logs what it returns as read.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn search(&self, caller: &Caller, query: &SearchQuery) -> Result<Found, Error> {
        let filter = query.filter(self.now());
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let entries = transaction.entries();
        let hits = match query.shape {
            Shape::Full => {
                let rows = entries.list(&filter, Order::Touched, query.page).await?;
                Hits::Full(ranked(Page::from_rows(rows, query.page).fitted()))
            }
            Shape::List => {
                let rows = entries
                    .list_summaries(&filter, Order::Touched, query.page)
                    .await?;
                Hits::List(ranked(Page::from_rows(rows, query.page).fitted()))
            }
        };
        transaction.commit().await?;
        self.log_reads(caller, hits.ids().into_iter(), "search");

        Ok(Found {
            hits,
            branches: vec!["words"],
        })
    }

    /// Embeds entries that have no vector or an old one, up to `limit` of each.
    ///
    /// # Errors
    ///
    /// [`Error::NoProvider`] when nothing can embed.
    pub fn backfill_embeddings(&self, _caller: &Caller, _limit: u64) -> Result<Backfilled, Error> {
        Err(Error::NoProvider)
    }
}

impl SearchQuery {
    fn filter(&self, now: Timestamp) -> EntryFilter {
        let searched = EntryType::ALL_BUT_SUPPRESSIONS;
        let mut filter = EntryFilter::active()
            .containing(&Words::of_text(&self.query))
            .tagged(&self.tags);
        filter = match self.entry_type {
            Some(entry_type) => filter.of_types([entry_type]),
            None => filter.of_types(searched.iter().copied()),
        };
        if !self.include_expired {
            filter = filter.expired(Expired::HiddenAt(now));
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

        filter
    }
}

impl Hits {
    /// The ids of the entries, in order.
    #[must_use]
    pub fn ids(&self) -> Vec<&EntryId> {
        match self {
            Self::Full(page) => page.items.iter().map(|(entry, _)| &entry.id).collect(),
            Self::List(page) => page.items.iter().map(|(entry, _)| &entry.id).collect(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
fn ranked<T>(page: Page<T>) -> Page<(T, f64)> {
    let mut rank = page.request.offset as f64;

    page.map(|item| {
        rank += 1.0;
        (item, 1.0 / (RANK_CONSTANT + rank))
    })
}
