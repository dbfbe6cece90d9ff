//! From text to vectors, behind one small trait; one file per provider.
//!
//! The built-in model needs nothing but the binary and is on by default. Vectors of different models are never compared:
//! each is stored with the name of its model.

mod answer;
mod builtin;
mod choice;
mod http;
#[cfg(feature = "local-models")]
mod local;
mod monitor;
mod ollama;
mod openai;

use std::sync::Arc;

pub use builtin::Builtin;
pub use choice::{Choice, LoadError};
pub use http::ApiKey;
#[cfg(feature = "local-models")]
pub use local::Local;
pub use monitor::{Monitor, Report};
pub use ollama::Ollama;
pub use openai::OpenAi;

/// Something that turns texts into vectors.
#[async_trait::async_trait]
pub trait Provider: Send + Sync {
    /// Name of the provider, as settings have it.
    fn name(&self) -> &'static str;

    /// Name of the model; vectors of models with different names are never compared.
    fn model(&self) -> &str;

    /// Whether a text takes microseconds and no other machine, so that it can be embedded while others wait to write.
    fn is_instant(&self) -> bool {
        false
    }

    /// The same service with another model, as [`Provider::model`] names it, where it may have one.
    fn with_model(&self, _model: &str) -> Option<Arc<dyn Provider>> {
        None
    }

    /// Turns texts into vectors: as many as there are texts, in their order, all of the same length.
    ///
    /// # Errors
    ///
    /// [`EmbedError`] when the provider does not answer, or not with that.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// A provider did not do its work. The texts never show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// It cannot be reached, or took too long.
    #[error("the embedding provider does not answer: {0}")]
    Unavailable(String),
    /// It answered with something else than the vectors asked for.
    #[error("the embedding provider answered with {0}")]
    Malformed(String),
}

/// Brings a vector to length 1; one of length 0 stays.
fn normalise(vector: &mut [f32]) {
    let length = vector
        .iter()
        .map(|number| number * number)
        .sum::<f32>()
        .sqrt();
    if length > 0.0 {
        for number in vector {
            *number /= length;
        }
    }
}
