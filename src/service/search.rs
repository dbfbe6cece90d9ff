//! Finding entries by what they say.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::embedding::QueryMeaning;
use super::{Caller, Entries, Error, Service, Shape};
use crate::domain::{
    Detection, Entry, EntryId, EntrySummary, EntryType, Language, MAX_PAGE_SIZE, Page, PageRequest,
    Phrase, QueryWords, Tags, Timestamp, detect,
};
use crate::index::{DocumentFilter, Explanation, Hit, IndexQuery, depth};
use crate::store::{Access, EntryFilter, Order, Transaction};

/// The branch of search that goes by words.
const WORDS: &str = "words";

/// The branch that goes by meaning.
const MEANING: &str = "meaning";

/// Rows fetched at once.
const FETCHED: usize = 1000;

/// Hits with the words of a phrase whose texts are looked at, best first, and among how many they are looked for.
const PHRASED: (usize, usize) = (200, 1_000);

/// What each phrase adds to the score of an entry that has it: more than all else can.
const PHRASE: f64 = 2.0;

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
    /// The least cosine, from 0 to 1, of what shares no word with the query; else there is none.
    pub least_cosine: Option<f32>,
    /// Also what has expired.
    pub include_expired: bool,
    /// Whole entries or summaries.
    pub shape: Shape,
    /// Which part.
    pub page: PageRequest,
}

/// Found entries, and how they were found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The entries, best first.
    pub entries: Entries,
    /// How well they fit; those that were only listed have none.
    pub scores: HashMap<EntryId, Score>,
    /// The branches that took part.
    pub branches: Vec<&'static str>,
    /// A branch that should have taken part and could not.
    pub degraded: Option<&'static str>,
}

/// How well an entry fits.
#[derive(Clone, Debug)]
pub struct Score {
    /// To order by, of one search alone, from 0.
    pub score: f64,
    /// Where it comes from.
    pub explanation: Explanation,
    /// The words of the query the entry holds.
    pub matched: Vec<String>,
    /// How many of its phrases the entry has, word for word.
    pub phrases: usize,
}

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
    /// Finds entries by their words and their meaning, and logs what it returns as read.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the store cannot serve.
    pub async fn search(&self, caller: &Caller, query: &SearchQuery) -> Result<Found, Error> {
        let meaning = self.meaning_of(caller, &query.query).await?;
        let transaction = self.store.begin(&caller.owner, Access::Read).await?;
        let ranking = Ranking {
            text: &query.query,
            meaning,
            language: query.language,
            least_cosine: query.least_cosine,
            filter: query.filter(self.now()),
            limit: wanted(query.page),
        };
        let ranked = self.rank(caller, &transaction, ranking).await?;
        let offset = usize::try_from(query.page.offset).unwrap_or(usize::MAX);
        let ids = ranked.ids.get(offset..).unwrap_or_default();

        let filter = EntryFilter::active();
        let entries = match query.shape {
            Shape::Full => {
                let rows = ranked_entries(&transaction, filter, ids).await?;
                Entries::Full(Page::from_rows(rows, query.page).fitted())
            }
            Shape::List => {
                let rows = ranked_summaries(&transaction, filter, ids).await?;
                Entries::List(Page::from_rows(rows, query.page).fitted())
            }
        };
        transaction.commit().await?;
        self.log_reads(caller, entries.ids().into_iter(), "search");

        Ok(ranked.found(entries))
    }

    /// Ranks an owner's documents by a text, best first.
    pub(super) async fn rank(
        &self,
        caller: &Caller,
        transaction: &Transaction,
        ranking: Ranking<'_>,
    ) -> Result<Ranked, Error> {
        let followed = self
            .indexes
            .current(
                &caller.owner,
                transaction,
                ranking.meaning.model_in_memory(),
            )
            .await?;
        let in_use = followed.index.languages();
        let language = query_language(ranking.text, ranking.language, &in_use);
        let query = QueryWords::of(ranking.text, language, &in_use);
        let words: Vec<_> = query.iter().map(|word| word.word.clone()).collect();
        let Ranking {
            meaning,
            least_cosine,
            filter,
            limit,
            ..
        } = ranking;
        let (branches, degraded) = match (&meaning.model, meaning.is_unknown) {
            (None, _) => (vec![WORDS], None),
            (Some(_), true) => (vec![WORDS], Some(MEANING)),
            (Some(_), false) => (vec![WORDS, MEANING], None),
        };

        let phrases = Phrase::all_of(ranking.text);
        let phrases: Vec<_> = phrases
            .into_iter()
            .map(|phrase| (phrase.words(language, &in_use), phrase))
            .collect();
        let looked_for = if phrases.is_empty() {
            limit
        } else {
            limit.max(PHRASED.1)
        };

        let depth = depth(looked_for);
        let nearest = self.nearest_to(transaction, &followed, &filter, &meaning, depth);
        let nearest = nearest.await?;

        let find = move || {
            followed.index.search(&IndexQuery {
                words: &query,
                meaning: meaning.branch(nearest),
                least_cosine,
                filter: &filter,
                limit: looked_for,
            })
        };
        // Never closed.
        let _turn = self.ranking.acquire().await;
        let hits = match tokio::task::spawn_blocking(find).await {
            Ok(hits) => hits,
            Err(stopped) if stopped.is_panic() => std::panic::resume_unwind(stopped.into_panic()),
            Err(_) => Vec::new(),
        };

        let mut ranked = Ranked::new(hits, &words, branches, degraded);
        if !phrases.is_empty() {
            ranked.put_phrases_first(transaction, &phrases).await?;
            ranked.ids.truncate(limit);
        }

        Ok(ranked)
    }
}

/// What to rank by.
pub(super) struct Ranking<'a> {
    pub(super) text: &'a str,
    /// Asked for before the transaction begins: a provider may take its time.
    pub(super) meaning: QueryMeaning,
    pub(super) language: Option<Language>,
    pub(super) least_cosine: Option<f32>,
    pub(super) filter: DocumentFilter,
    pub(super) limit: usize,
}

/// The entries that were found, best first, and by which branches.
pub(super) struct Ranked {
    pub(super) ids: Vec<EntryId>,
    scores: HashMap<EntryId, Score>,
    branches: Vec<&'static str>,
    degraded: Option<&'static str>,
}

impl Ranked {
    fn new(
        hits: Vec<Hit>,
        words: &[String],
        branches: Vec<&'static str>,
        degraded: Option<&'static str>,
    ) -> Self {
        let ids = hits.iter().map(|hit| hit.id.clone()).collect();
        let scored = hits.into_iter().map(|hit| {
            let matched = hit.explanation.matched.iter();
            let score = Score {
                score: f64::from(hit.score),
                matched: matched.filter_map(|at| words.get(*at).cloned()).collect(),
                explanation: hit.explanation,
                phrases: 0,
            };
            (hit.id, score)
        });

        Self {
            ids,
            scores: scored.collect(),
            branches,
            degraded,
        }
    }

    /// Puts entries that have phrases word for word before all others, those with more phrases first.
    async fn put_phrases_first(
        &mut self,
        transaction: &Transaction,
        phrases: &[(QueryWords, Phrase)],
    ) -> Result<(), Error> {
        let has_words_of = |score: &Score, words: &QueryWords| {
            words.iter().all(|word| score.matched.contains(&word.word))
        };
        let may_have_one = |id: &&EntryId| {
            let score = self.scores.get(*id);
            score.is_some_and(|score| phrases.iter().any(|(words, _)| has_words_of(score, words)))
        };
        let ids = self.ids.iter().filter(may_have_one).take(PHRASED.0);
        let ids: Vec<EntryId> = ids.cloned().collect();
        for entry in ranked_entries(transaction, EntryFilter::active(), &ids).await? {
            if let Some(score) = self.scores.get_mut(&entry.id) {
                for _ in phrases.iter().filter(|(_, phrase)| phrase.is_in(&entry)) {
                    score.phrases += 1;
                    score.score += PHRASE;
                }
            }
        }
        let scores = &self.scores;
        self.ids
            .sort_by_key(|id| Reverse(scores.get(id).map_or(0, |score| score.phrases)));

        Ok(())
    }

    /// What was found, with the rows.
    pub(super) fn found(mut self, entries: Entries) -> Found {
        let shown: HashSet<&EntryId> = entries.ids().into_iter().collect();
        self.scores.retain(|id, _| shown.contains(id));

        Found {
            scores: self.scores,
            branches: self.branches,
            degraded: self.degraded,
            entries,
        }
    }
}

impl Found {
    /// Entries that were listed by no score.
    pub(super) fn listed(entries: Entries) -> Self {
        Self {
            entries,
            scores: HashMap::new(),
            branches: Vec::new(),
            degraded: None,
        }
    }
}

impl SearchQuery {
    fn filter(&self, now: Timestamp) -> DocumentFilter {
        let types = match self.entry_type {
            Some(entry_type) => vec![entry_type],
            None => EntryType::ALL_BUT_SUPPRESSIONS.to_vec(),
        };

        DocumentFilter {
            types,
            source: self.source.clone(),
            tags: self.tags.clone(),
            since: self.since,
            until: self.until,
            created_since: None,
            created_until: None,
            language: None,
            current_at: (!self.include_expired).then_some(now),
        }
    }
}

/// The language of a query: what the caller says, else what it seems to be, else what most entries are in.
fn query_language(text: &str, given: Option<Language>, in_use: &[Language]) -> Language {
    if let Some(language) = given {
        return language;
    }
    if let Detection::Mapped(language) = detect(text) {
        return language;
    }

    in_use.first().copied().unwrap_or_else(Language::english)
}

/// How many hits a page needs: one more than it shows tells whether there are more.
pub(super) fn wanted(page: PageRequest) -> usize {
    let rows = page.limit.saturating_add(page.offset).saturating_add(1);

    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// The entries of these ids that a filter lets through, in the order of the ids.
pub(super) async fn ranked_entries(
    transaction: &Transaction,
    filter: EntryFilter,
    ids: &[EntryId],
) -> Result<Vec<Entry>, Error> {
    let mut rows = Vec::new();
    for some in ids.chunks(FETCHED) {
        let filter = filter.clone().with_ids(some);
        let page = PageRequest::first(MAX_PAGE_SIZE);
        rows.extend(
            transaction
                .entries()
                .list(&filter, Order::Any, page)
                .await?,
        );
    }

    Ok(in_order_of(ids, rows, |entry| &entry.id))
}

/// As [`ranked_entries`], summaries.
pub(super) async fn ranked_summaries(
    transaction: &Transaction,
    filter: EntryFilter,
    ids: &[EntryId],
) -> Result<Vec<EntrySummary>, Error> {
    let mut rows = Vec::new();
    for some in ids.chunks(FETCHED) {
        let filter = filter.clone().with_ids(some);
        let page = PageRequest::first(MAX_PAGE_SIZE);
        let entries = transaction.entries();
        rows.extend(entries.list_summaries(&filter, Order::Any, page).await?);
    }

    Ok(in_order_of(ids, rows, |summary| &summary.id))
}

fn in_order_of<T>(ids: &[EntryId], rows: Vec<T>, id: impl Fn(&T) -> &EntryId) -> Vec<T> {
    let mut by_id: HashMap<EntryId, T> = rows
        .into_iter()
        .map(|row| (id(&row).clone(), row))
        .collect();

    ids.iter().filter_map(|id| by_id.remove(id)).collect()
}
