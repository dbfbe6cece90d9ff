//! How a provider fares: every question goes through here, so that its last failure is known.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout};

use super::answer::whole;
use super::{EmbedError, Provider};

/// How long a search waits for its query to be embedded.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long searches do without a provider that did not answer.
const REST: Duration = Duration::from_secs(5);

/// A provider, if there is one, and its last failure. Cloning it shares both.
#[derive(Clone, Default)]
pub struct Monitor {
    provider: Option<Arc<dyn Provider>>,
    failure: Arc<Mutex<Option<(Instant, EmbedError)>>>,
}

/// What is shown of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its name; `none` without one.
    pub provider: &'static str,
    /// Name of its model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `ok`, or what was wrong the last time.
    pub status: String,
}

impl Monitor {
    /// Watches over a provider.
    #[must_use]
    pub fn new(provider: Option<Arc<dyn Provider>>) -> Self {
        Self {
            provider,
            failure: Arc::default(),
        }
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> Option<&Arc<dyn Provider>> {
        self.provider.as_ref()
    }

    /// Turns texts into vectors; none where nothing embeds.
    ///
    /// # Errors
    ///
    /// As [`Provider::embed`]; [`EmbedError::Malformed`] also for another number of vectors than there are texts.
    pub async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let Some(provider) = &self.provider else {
            return Ok(Vec::new());
        };
        let outcome = provider.embed(texts).await;
        let outcome = outcome.and_then(|vectors| whole(vectors, texts.len()));
        self.note(&outcome);

        outcome
    }

    /// Turns the text of a search into a vector, without making the search wait for long.
    ///
    /// # Errors
    ///
    /// As [`Provider::embed`]; at once while the provider rests after a failure.
    pub async fn embed_query(&self, text: &str) -> Result<Option<Vec<f32>>, EmbedError> {
        if let Some(error) = self.resting() {
            return Err(error);
        }
        let text = [text.to_owned()];
        let Ok(outcome) = timeout(PATIENCE, self.embed(&text)).await else {
            let what = format!("no answer within {} s", PATIENCE.as_secs());
            let outcome = Err(EmbedError::Unavailable(what));
            self.note(&outcome);
            return outcome.map(|()| None);
        };

        Ok(outcome?.pop())
    }

    /// What is shown of the provider.
    #[must_use]
    pub fn report(&self) -> Report {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);

        Report {
            provider: self.provider.as_ref().map_or("none", |it| it.name()),
            model: self.provider.as_ref().map(|it| it.model().to_owned()),
            status: failure
                .as_ref()
                .map_or_else(|| "ok".to_owned(), |(_, error)| error.to_string()),
        }
    }

    fn resting(&self) -> Option<EmbedError> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, error) = failure.as_ref()?;
        let rests = matches!(error, EmbedError::Unavailable(_)) && at.elapsed() < REST;

        rests.then(|| error.clone())
    }

    fn note<T>(&self, outcome: &Result<T, EmbedError>) {
        let failure = outcome.as_ref().err();
        let mut last = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        *last = failure.map(|error| (Instant::now(), error.clone()));
    }
}
