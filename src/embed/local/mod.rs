//! A sentence transformer out of a directory, run in this process.
//!
//! `directory.rs` reads the files, `transformer.rs` does the arithmetic. Another architecture than BERT would be another
//! kind of transformer there. Only in binaries with the feature `local-models`.

mod directory;
mod transformer;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::answer::Dimensions;
use super::{EmbedError, LoadError, Provider};
use directory::Directory;
use transformer::Transformer;

/// Texts the model reads at once, at most.
const BATCH: usize = 32;

/// Tokens the model reads at once, at most, unless one text has more: a search waits for no more than that.
const BATCH_TOKENS: usize = 2_048;

/// A model of a local directory.
pub struct Local {
    /// The directory's name is the model's.
    model: String,
    transformer: Arc<Mutex<Transformer>>,
    dimensions: Dimensions,
}

impl Local {
    /// Reads the model, and has it embed a text.
    ///
    /// # Errors
    ///
    /// [`LoadError::Broken`] names the file that is missing, cannot be read, or is not for a model this can run.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let directory = Directory::open(path)?;
        let transformer = Transformer::load(&directory)?;

        Ok(Self {
            model: format!("local/{}", directory.name()),
            dimensions: Dimensions::new(Some(transformer.dimensions())),
            transformer: Arc::new(Mutex::new(transformer)),
        })
    }

    /// Works on a thread where waiting is allowed, and one piece of work at a time: each takes every core.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transformer) -> Result<T, EmbedError> + Send + 'static,
    ) -> Result<T, EmbedError> {
        let transformer = Arc::clone(&self.transformer).lock_owned().await;
        let outcome = tokio::task::spawn_blocking(move || work(&transformer)).await;

        outcome.unwrap_or_else(|_| {
            Err(EmbedError::Unavailable(
                "the local model stopped".to_owned(),
            ))
        })
    }
}

#[async_trait::async_trait]
impl Provider for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn model(&self) -> &str {
        &self.model
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let owned = texts.to_vec();
        let tokens = self.work(move |it| it.tokens(&owned)).await?;

        let mut vectors = vec![Vec::new(); texts.len()];
        for batch in batches(tokens) {
            let (places, tokens): (Vec<usize>, Vec<_>) = batch.into_iter().unzip();
            let answer = self.work(move |it| it.vectors(&tokens)).await?;
            for (place, vector) in places.into_iter().zip(answer) {
                if let Some(empty) = vectors.get_mut(place) {
                    *empty = vector;
                }
            }
        }

        self.dimensions.check(vectors, texts.len())
    }
}

/// Texts of about the same length together, each with its place: in a batch all are as long as its longest.
fn batches(tokens: Vec<Vec<u32>>) -> Vec<Vec<(usize, Vec<u32>)>> {
    let mut texts: Vec<_> = tokens.into_iter().enumerate().collect();
    texts.sort_by_key(|(_, tokens)| tokens.len());
    let mut batches: Vec<Vec<(usize, Vec<u32>)>> = Vec::new();
    for text in texts {
        let length = text.1.len();
        let fits =
            |batch: &&mut Vec<_>| batch.len() < BATCH && (batch.len() + 1) * length <= BATCH_TOKENS;
        match batches.last_mut().filter(fits) {
            Some(batch) => batch.push(text),
            None => batches.push(vec![text]),
        }
    }

    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_every_text_and_neither_too_many_nor_too_much() {
        let lengths = (0..100).map(|number| 1 + (number * 37) % 512);
        let tokens: Vec<_> = lengths.map(|length| vec![7; length]).collect();

        let batches = batches(tokens.clone());

        let mut places = Vec::new();
        for batch in &batches {
            let longest = batch.iter().map(|(_, tokens)| tokens.len()).max().unwrap();
            assert!(batch.len() <= BATCH && batch.len() * longest <= BATCH_TOKENS);
            for (place, text) in batch {
                assert_eq!(*text, tokens[*place]);
                places.push(*place);
            }
        }
        places.sort_unstable();
        assert_eq!(places, (0..100).collect::<Vec<_>>());
        assert!(batches.len() < 30, "{}", batches.len());
    }
}
