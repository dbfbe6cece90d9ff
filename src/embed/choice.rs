//! Which provider is to be used.

use std::sync::Arc;

use url::Url;

use super::{ApiKey, Builtin, Ollama, OpenAi, Provider};

/// A provider, and what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing embeds: search goes by words alone.
    None,
    /// The model in the binary.
    Builtin,
    /// A model of an Ollama server.
    Ollama {
        /// Where the server is.
        base: Url,
        /// The model.
        model: String,
        /// How many numbers its vectors have.
        dimensions: usize,
    },
    /// A model of a service with the interface of `OpenAI`.
    OpenAi {
        /// Where the service is, without `/v1`.
        base: Url,
        /// The model.
        model: String,
        /// What its vectors are cut to; as long as they are without it.
        dimensions: Option<usize>,
        /// The key of a customer.
        key: Option<ApiKey>,
    },
}

impl Choice {
    /// The names to choose from.
    pub const NAMES: [&'static str; 4] = ["builtin", "ollama", "openai", "none"];

    /// Makes the provider. Asks it nothing yet.
    #[must_use]
    pub fn provider(&self) -> Option<Arc<dyn Provider>> {
        match self {
            Self::None => None,
            Self::Builtin => Some(Arc::new(Builtin)),
            Self::Ollama {
                base,
                model,
                dimensions,
            } => Some(Arc::new(Ollama::new(base, model, *dimensions))),
            Self::OpenAi {
                base,
                model,
                dimensions,
                key,
            } => Some(Arc::new(OpenAi::new(base, model, *dimensions, key.clone()))),
        }
    }
}
