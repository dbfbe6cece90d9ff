//! Models an Ollama server runs: `POST <base>/api/embed`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use super::answer::{BATCH, Dimensions};
use super::http::Endpoint;
use super::{EmbedError, Provider};

/// A model of an Ollama server.
pub struct Ollama {
    endpoint: Endpoint,
    model: String,
    dimensions: Dimensions,
}

#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    input: &'a [String],
}

#[derive(Deserialize)]
struct Answer {
    embeddings: Vec<Vec<f32>>,
}

impl Ollama {
    /// Takes the server's address, the model, and how many dimensions its vectors have.
    #[must_use]
    pub fn new(base: &Url, model: &str, dimensions: usize) -> Self {
        Self {
            endpoint: Endpoint::new(base, "api/embed", None),
            model: model.to_owned(),
            dimensions: Dimensions::new(Some(dimensions)),
        }
    }
}

#[async_trait::async_trait]
impl Provider for Ollama {
    fn name(&self) -> &'static str {
        "ollama"
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn with_model(&self, model: &str) -> Option<Arc<dyn Provider>> {
        Some(Arc::new(Self {
            endpoint: self.endpoint.clone(),
            model: model.to_owned(),
            dimensions: Dimensions::new(None),
        }))
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for input in texts.chunks(BATCH) {
            let model = &self.model;
            let answer: Answer = self.endpoint.ask(&Question { model, input }).await?;
            vectors.extend(self.dimensions.check(answer.embeddings, input.len())?);
        }

        Ok(vectors)
    }
}
