//! Vectors of entries: kept with every write, and made for those that have none.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::answering::retire_other_models_of;
use super::{Backfilled, Caller, Error, Service};
use crate::domain::{Entry, EntryId, EntryType, Owner, Timestamp, embedded_text, text_hash};
use crate::embed::{Builtin, Monitor, Provider as _};
use crate::index::Meaning;
use crate::store::{Access, Embedding, Embeddings, Store};

/// Entries embedded in one transaction, so that writers are not held up for long.
const BATCH: usize = 64;

/// Entries read at once: each reading goes through all that have their vector.
const READ_AT_ONCE: u64 = 1_000;

/// What turns texts into vectors, if anything does.
#[derive(Clone, Default)]
pub(super) struct Embedder {
    monitor: Monitor,
    /// Models that were in use before, as far as they were asked for.
    earlier: Arc<Mutex<HashMap<String, Monitor>>>,
}

/// What a query means, as far as something could tell.
#[derive(Clone, Debug, Default)]
pub(super) struct QueryMeaning {
    /// The model whose vectors answer; none where nothing embeds.
    pub(super) model: Option<String>,
    /// Its vector; none also where the query says nothing.
    pub(super) vector: Option<Vec<f32>>,
    /// Whether it should have one and has not.
    pub(super) is_unknown: bool,
    /// Whether the database's index answers instead of memory.
    pub(super) is_large: bool,
}

impl QueryMeaning {
    /// The model whose vectors are to be in memory.
    pub(super) fn model_in_memory(&self) -> Option<&str> {
        self.model.as_deref().filter(|_| !self.is_large)
    }

    /// The branch of a search that goes by it, with what the database found, if it was asked.
    pub(super) fn branch(&self, nearest: Option<Vec<(EntryId, f32)>>) -> Meaning<'_> {
        match (nearest, &self.vector) {
            (Some(nearest), _) => Meaning::Nearest(nearest),
            (None, Some(vector)) => Meaning::Vector(vector),
            (None, None) => Meaning::None,
        }
    }
}

/// Whether an entry has its vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It has, or gets none.
    Done,
    /// It is to be embedded once it is written.
    Later,
}

impl Embedder {
    pub(super) fn new(monitor: Monitor) -> Self {
        Self {
            monitor,
            earlier: Arc::default(),
        }
    }

    /// How the provider fares.
    pub(super) fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// Name of the model in use.
    pub(super) fn model(&self) -> Option<&str> {
        self.monitor.provider().map(|provider| provider.model())
    }

    /// What a query means to a model.
    pub(super) async fn query(&self, model: &str, text: &str) -> QueryMeaning {
        let mut meaning = QueryMeaning {
            model: Some(model.to_owned()),
            ..QueryMeaning::default()
        };
        if !text.chars().any(char::is_alphanumeric) {
            return meaning;
        }
        match self.monitor_of(model) {
            Some(monitor) => match monitor.embed_query(text).await {
                Ok(vector) => meaning.vector = vector,
                Err(error) => {
                    tracing::warn!(model, %error, "a query was not embedded");
                    meaning.is_unknown = true;
                }
            },
            None => meaning.is_unknown = true,
        }

        meaning
    }

    /// Whether something can be asked what a text means to a model.
    pub(super) fn speaks(&self, model: &str) -> bool {
        self.monitor_of(model).is_some()
    }

    /// Who is asked about a model: the provider in use, the built-in model, or the provider for another of its models.
    fn monitor_of(&self, model: &str) -> Option<Monitor> {
        let provider = self.monitor.provider()?;
        if provider.model() == model {
            return Some(self.monitor.clone());
        }
        let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(monitor) = earlier.get(model) {
            return Some(monitor.clone());
        }
        let provider = if model == Builtin.model() {
            Arc::new(Builtin)
        } else {
            provider.with_model(model)?
        };
        let monitor = Monitor::new(Some(provider));
        earlier.insert(model.to_owned(), monitor.clone());

        Some(monitor)
    }

    /// The vector of a text, where that takes no time; what takes no time cannot fail.
    pub(super) async fn at_once(&self, text: &str) -> Option<Vec<f32>> {
        let provider = self.monitor.provider().filter(|it| it.is_instant())?;
        let vectors = provider.embed(&[text.to_owned()]).await;

        vectors.ok()?.pop()
    }

    /// Keeps the vector of an entry in step with it.
    pub(super) async fn keep(
        &self,
        embeddings: &Embeddings<'_>,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Kept, Error> {
        let Some(provider) = self.monitor.provider().filter(|_| is_embedded(entry)) else {
            return Ok(Kept::Done);
        };
        let text = embedded_text(entry);
        let model = provider.model();
        if !provider.is_instant() {
            let text_hash = text_hash(&text);
            embeddings.outdate(&entry.id, model, &text_hash).await?;
            return Ok(Kept::Later);
        }
        if let Some(vector) = self.at_once(&text).await {
            let embedding = embedding_of(entry, model, &text, vector);
            embeddings.upsert([&embedding], now).await?;
        }

        Ok(Kept::Done)
    }
}

impl Service {
    /// Embeds entries that have no vector or one of another text, up to `limit` of each.
    ///
    /// # Errors
    ///
    /// [`Error::NoProvider`] when nothing can embed; [`Error::Unavailable`] when the store cannot serve.
    pub async fn backfill_embeddings(
        &self,
        caller: &Caller,
        limit: u64,
    ) -> Result<Backfilled, Error> {
        let model = self.embedder.model().ok_or(Error::NoProvider)?;
        let new = self.embed_missing(&caller.owner, model, limit).await?;
        let (refreshed, stale) = self.embed_stale(&caller.owner, model, limit).await?;
        let transaction = self.store.begin(&caller.owner, Access::Glance).await?;
        let missing = transaction.embeddings().count_missing(model).await?;
        transaction.commit().await?;
        if missing == 0 {
            retire_other_models_of(&self.store, &caller.owner, model).await?;
        }

        Ok(Backfilled {
            new,
            refreshed,
            remaining: missing + stale,
        })
    }

    /// Embeds up to `limit` entries that have no vector, last touched first; returns how many.
    pub(super) async fn embed_missing(
        &self,
        owner: &Owner,
        model: &str,
        limit: u64,
    ) -> Result<u64, Error> {
        let mut embedded = 0;
        while embedded < limit && !self.background.is_closed() {
            let transaction = self.store.begin(owner, Access::Glance).await?;
            let embeddings = transaction.embeddings();
            let wanted = READ_AT_ONCE.min(limit - embedded);
            let entries = embeddings.list_missing(model, wanted).await?;
            transaction.commit().await?;
            let mut done = 0;
            for batch in entries.chunks(BATCH) {
                done += self.embed(owner, model, batch).await?;
            }
            embedded += done;
            if done < wanted {
                break;
            }
        }

        Ok(embedded)
    }

    /// Embeds up to `limit` entries whose text is no longer the one their vector is of; returns how many, and how many
    /// more there are.
    async fn embed_stale(
        &self,
        owner: &Owner,
        model: &str,
        limit: u64,
    ) -> Result<(u64, u64), Error> {
        let (mut refreshed, mut left) = (0, 0);
        let mut after = None;
        loop {
            let transaction = self.store.begin(owner, Access::Glance).await?;
            let embeddings = transaction.embeddings();
            let some = embeddings.list_embedded(model, after.as_ref(), READ_AT_ONCE);
            let (some, last) = some.await?;
            transaction.commit().await?;
            if last.is_none() {
                return Ok((refreshed, left));
            }
            after = last;
            let is_stale = |(entry, hash): &(Entry, String)| {
                is_embedded(entry) && text_hash(&embedded_text(entry)) != *hash
            };
            let stale: Vec<Entry> = some
                .into_iter()
                .filter(is_stale)
                .map(|(entry, _)| entry)
                .collect();
            let room = usize::try_from(limit - refreshed).unwrap_or(usize::MAX);
            let (now, later) = stale.split_at(room.min(stale.len()));
            for batch in now.chunks(BATCH) {
                refreshed += self.embed(owner, model, batch).await?;
            }
            left += later.len() as u64;
        }
    }

    /// Embeds entries and stores their vectors; returns how many were stored. A text that cannot be embedded, and an entry
    /// that has changed meanwhile, is left out.
    async fn embed(&self, owner: &Owner, model: &str, entries: &[Entry]) -> Result<u64, Error> {
        if entries.is_empty() {
            return Ok(0);
        }
        let texts: Vec<String> = entries.iter().map(embedded_text).collect();
        let vectors = vectors_of(self.embedder.monitor(), &texts).await;
        let embedded = entries.iter().zip(&texts).zip(vectors);
        let embedded = embedded
            .filter_map(|((entry, text), vector)| Some(embedding_of(entry, model, text, vector?)));
        let stored = store_current(&self.store, owner, embedded, self.now()).await?;

        Ok(stored.len() as u64)
    }
}

/// Stores vectors of entries that have not changed since; returns of which. An entry that somebody is changing counts as
/// changed.
pub(super) async fn store_current(
    store: &Store,
    owner: &Owner,
    embeddings: impl IntoIterator<Item = Embedding>,
    now: Timestamp,
) -> Result<HashSet<EntryId>, Error> {
    let embeddings: HashMap<EntryId, Embedding> = embeddings
        .into_iter()
        .map(|embedding| (embedding.entry_id.clone(), embedding))
        .collect();
    let ids: Vec<EntryId> = embeddings.keys().cloned().collect();
    let transaction = store.begin(owner, Access::Write).await?;
    // Held, so that a later write of one comes after its vector.
    let held = transaction.entries().find_free_for_update(&ids).await?;
    let current = held.iter().filter_map(|entry| {
        let embedding = embeddings.get(&entry.id)?;
        (text_hash(&embedded_text(entry)) == embedding.text_hash).then_some(embedding)
    });
    let current: Vec<&Embedding> = current.collect();
    let stored = current.iter().map(|it| it.entry_id.clone()).collect();
    transaction.embeddings().upsert(current, now).await?;
    transaction.commit().await?;

    Ok(stored)
}

/// The vectors of texts, as far as there are any: one by one if not all at once.
async fn vectors_of(provider: &Monitor, texts: &[String]) -> Vec<Option<Vec<f32>>> {
    match provider.embed(texts).await {
        Ok(vectors) => return vectors.into_iter().map(Some).collect(),
        Err(error) => tracing::warn!(%error, "entries were not embedded together"),
    }
    let mut vectors = Vec::new();
    for text in texts {
        let vector = provider.embed(std::slice::from_ref(text)).await;
        vectors.push(vector.ok().and_then(|mut one| one.pop()));
    }

    vectors
}

/// A vector as it is stored; `text` is what it was made of.
pub(super) fn embedding_of(entry: &Entry, model: &str, text: &str, vector: Vec<f32>) -> Embedding {
    Embedding {
        entry_id: entry.id.clone(),
        model: model.to_owned(),
        text_hash: text_hash(text),
        vector,
    }
}

/// Whether entries of its type get a vector.
fn is_embedded(entry: &Entry) -> bool {
    entry.entry_type != EntryType::Suppression
}
