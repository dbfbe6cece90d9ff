//! Vectors of entries: kept with every write.

use super::Error;
use crate::domain::{Entry, EntryType, Timestamp, embedded_text, text_hash};
use crate::embed::{EmbedError, Monitor};
use crate::store::{Embedding, Embeddings};

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
        let text_hash = text_hash(&text);
        if !provider.is_instant() {
            let model = provider.model();
            embeddings.outdate(&entry.id, model, &text_hash).await?;
            return Ok(Kept::Later);
        }
        let vector = provider.embed(&[text]).await.unwrap_or_default().pop();
        if let Some(vector) = vector {
            let embedding = Embedding {
                entry_id: entry.id.clone(),
                model: provider.model().to_owned(),
                text_hash,
                vector,
            };
            embeddings.upsert(&embedding, now).await?;
        }

        Ok(Kept::Done)
    }
}

/// Whether entries of its type get a vector.
fn is_embedded(entry: &Entry) -> bool {
    entry.entry_type != EntryType::Suppression
}
