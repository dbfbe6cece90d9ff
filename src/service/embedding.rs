//! Vectors of entries: kept with every write.

use std::sync::Arc;

use super::Error;
use crate::domain::{Entry, EntryType, Timestamp, embedded_text, text_hash};
use crate::embed::{EmbedError, Provider};
use crate::store::{Embedding, Embeddings};

/// What turns texts into vectors, if anything does.
#[derive(Clone, Default)]
pub(super) struct Embedder {
    provider: Option<Arc<dyn Provider>>,
}

impl Embedder {
    pub(super) fn new(provider: Option<Arc<dyn Provider>>) -> Self {
        Self { provider }
    }

    /// Name of the model in use.
    pub(super) fn model(&self) -> Option<&str> {
        self.provider.as_deref().map(Provider::model)
    }

    /// The vector of a query; `None` where nothing embeds, or the query says nothing.
    pub(super) async fn query(&self, text: &str) -> Result<Option<Vec<f32>>, EmbedError> {
        let Some(provider) = &self.provider else {
            return Ok(None);
        };
        if !text.chars().any(char::is_alphanumeric) {
            return Ok(None);
        }
        let vectors = provider.embed(&[text.to_owned()]).await?;

        Ok(vectors.into_iter().next())
    }

    /// Keeps the vector of an entry in step with it.
    pub(super) async fn keep(
        &self,
        embeddings: &Embeddings<'_>,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(provider) = self.provider.as_ref().filter(|_| is_embedded(entry)) else {
            return Ok(());
        };
        let text = embedded_text(entry);
        let text_hash = text_hash(&text);
        // The built-in model takes no time and cannot fail.
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

        Ok(())
    }
}

/// Whether entries of its type get a vector.
fn is_embedded(entry: &Entry) -> bool {
    entry.entry_type != EntryType::Suppression
}
