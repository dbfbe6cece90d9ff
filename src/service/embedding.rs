//! Vectors of entries: kept with every write, and made for those that have none.

use std::collections::HashMap;

use super::{Backfilled, Caller, Error, Service};
use crate::domain::{
    Entry, EntryId, EntryType, MAX_PAGE_SIZE, Owner, PageRequest, Timestamp, embedded_text,
    text_hash,
};
use crate::embed::{EmbedError, Monitor};
use crate::store::{Access, Embedding, Embeddings, EntryFilter, Order};

/// Entries embedded in one transaction, so that writers are not held up for long.
const BATCH: usize = 64;

/// Entries read at once: each reading goes through all that have their vector.
const READ_AT_ONCE: u64 = 1_000;

/// What turns texts into vectors, if anything does.
#[derive(Clone, Default)]
pub(super) struct Embedder {
    monitor: Monitor,
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
        Self { monitor }
    }

    /// How the provider fares.
    pub(super) fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// Name of the model in use.
    pub(super) fn model(&self) -> Option<&str> {
        self.monitor.provider().map(|provider| provider.model())
    }

    /// The vector of a query; `None` where nothing embeds, or the query says nothing.
    pub(super) async fn query(&self, text: &str) -> Result<Option<Vec<f32>>, EmbedError> {
        if !text.chars().any(char::is_alphanumeric) {
            return Ok(None);
        }

        self.monitor.embed_query(text).await
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
            embeddings.upsert(&embedding, now).await?;
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
        let mut embedded: HashMap<&EntryId, Embedding> = embedded
            .filter_map(|((entry, text), vector)| {
                Some((&entry.id, embedding_of(entry, model, text, vector?)))
            })
            .collect();

        while !embedded.is_empty() {
            let transaction = self.store.begin(owner, Access::Write).await?;
            for embedding in embedded.values() {
                let embeddings = transaction.embeddings();
                embeddings.upsert(embedding, self.now()).await?;
            }
            // Looked at after writing: whoever changes an entry from here on waits to replace its vector.
            let filter = EntryFilter::active().with_ids(embedded.keys().copied());
            let page = PageRequest::first(MAX_PAGE_SIZE);
            let present = transaction
                .entries()
                .list(&filter, Order::Any, page)
                .await?;
            let before = embedded.len();
            embedded.retain(|id, embedding| {
                let is_of = |entry: &Entry| text_hash(&embedded_text(entry)) == embedding.text_hash;
                present.iter().any(|entry| entry.id == **id && is_of(entry))
            });
            if embedded.len() == before {
                transaction.commit().await?;
                break;
            }
        }

        Ok(embedded.len() as u64)
    }
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
