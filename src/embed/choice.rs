//! Which provider is to be used.

use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

#[cfg(feature = "local-models")]
use super::Local;
use super::{ApiKey, Builtin, Ollama, OpenAi, Provider};

/// A provider, and what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing embeds: search goes by words alone.
    None,
    /// The model in the binary.
    Builtin,
    /// A model of a local directory.
    Local {
        /// Where its files are.
        directory: PathBuf,
    },
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
    pub const NAMES: [&'static str; 5] = ["builtin", "local", "ollama", "openai", "none"];

    /// Makes the provider: reads a local model, asks other machines nothing yet.
    ///
    /// # Errors
    ///
    /// [`LoadError`] for a local model that cannot be run.
    pub fn provider(&self) -> Result<Option<Arc<dyn Provider>>, LoadError> {
        let provider: Arc<dyn Provider> = match self {
            Self::None => return Ok(None),
            Self::Builtin => Arc::new(Builtin),
            #[cfg(feature = "local-models")]
            Self::Local { directory } => Arc::new(Local::load(directory)?),
            #[cfg(not(feature = "local-models"))]
            Self::Local { .. } => return Err(LoadError::NotBuilt),
            Self::Ollama {
                base,
                model,
                dimensions,
            } => Arc::new(Ollama::new(base, model, *dimensions)),
            Self::OpenAi {
                base,
                model,
                dimensions,
                key,
            } => Arc::new(OpenAi::new(base, model, *dimensions, key.clone())),
        };

        Ok(Some(provider))
    }
}

/// Why a local model cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The binary cannot run any.
    #[error(
        "this binary was built without local models: build it with `cargo build --release --features local-models`, or \
         choose another provider"
    )]
    NotBuilt,
    /// A file is missing, cannot be read, or is not for a model that can be run.
    #[error("local model {}: {what}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl LoadError {
    #[cfg(feature = "local-models")]
    pub(super) fn broken(path: &std::path::Path, what: &(impl std::fmt::Display + ?Sized)) -> Self {
        Self::Broken {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }
}
