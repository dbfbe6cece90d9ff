//! Models behind the interface many services share with `OpenAI`: `POST <base>/v1/embeddings`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use super::answer::{BATCH, Dimensions};
use super::http::{ApiKey, Endpoint};
use super::{EmbedError, Provider};

/// A model of such a service.
pub struct OpenAi {
    endpoint: Endpoint,
    /// As the service knows it.
    asked_model: String,
    /// As vectors are stored: a model cut to other dimensions is another one.
    model: String,
    asked_dimensions: Option<usize>,
    dimensions: Dimensions,
}

#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    input: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

impl OpenAi {
    /// Takes the service's address, the model, the dimensions its vectors are to be cut to, and the key of a customer.
    #[must_use]
    pub fn new(base: &Url, model: &str, dimensions: Option<usize>, key: Option<ApiKey>) -> Self {
        Self {
            endpoint: Endpoint::new(base, "v1/embeddings", key),
            asked_model: model.to_owned(),
            model: match dimensions {
                Some(dimensions) => format!("{model}/{dimensions}"),
                None => model.to_owned(),
            },
            asked_dimensions: dimensions,
            dimensions: Dimensions::new(dimensions),
        }
    }

    async fn ask(&self, input: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let question = Question {
            model: &self.asked_model,
            input,
            dimensions: self.asked_dimensions,
        };
        let mut answer: Answer = self.endpoint.ask(&question).await?;
        answer.data.sort_by_key(|item| item.index);
        let is_in_order = answer
            .data
            .iter()
            .enumerate()
            .all(|(place, item)| item.index == place);
        if !is_in_order {
            return Err(EmbedError::Malformed(
                "vectors for other texts than those asked about".to_owned(),
            ));
        }
        let vectors = answer.data.into_iter().map(|item| item.embedding);

        self.dimensions.check(vectors.collect(), input.len())
    }
}

#[async_trait::async_trait]
impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn with_model(&self, model: &str) -> Option<Arc<dyn Provider>> {
        let cut = model.rsplit_once('/');
        let cut = cut.and_then(|(asked, dimensions)| Some((asked, dimensions.parse().ok()?)));
        let (asked, dimensions) = cut.map_or((model, None), |(asked, cut)| (asked, Some(cut)));

        Some(Arc::new(Self {
            endpoint: self.endpoint.clone(),
            asked_model: asked.to_owned(),
            model: model.to_owned(),
            asked_dimensions: dimensions,
            dimensions: Dimensions::new(dimensions),
        }))
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for input in texts.chunks(BATCH) {
            vectors.extend(self.ask(input).await?);
        }

        Ok(vectors)
    }
}
