//! The files of a sentence transformer, as its makers publish them.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use candle_transformers::models::bert::Config;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokenizers::{PostProcessor as _, Tokenizer, TruncationParams};

use super::LoadError;

/// The only kind of model this can run.
const MODEL_TYPE: &str = "bert";

/// Tokens of a text the model reads, at most: longer ones take time squared.
const MOST_TOKENS: usize = 512;

const CONFIG: &str = "config.json";
const MODULES: &str = "modules.json";
const POOLING: &str = "1_Pooling/config.json";
const SENTENCES: &str = "sentence_bert_config.json";
const TOKENIZER: &str = "tokenizer.json";
const WEIGHTS: &str = "model.safetensors";

/// How the vectors of tokens become that of their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// Their mean.
    Mean,
    /// The vector of the first token.
    First,
}

/// A directory that exists.
pub(super) struct Directory(PathBuf);

/// What `config.json` says before it is known to be about a BERT.
#[derive(Deserialize)]
struct Kind {
    model_type: Option<String>,
}

/// One of the steps a sentence goes through.
#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    class: String,
}

/// How `1_Pooling/config.json` says it: a switch for each way, of which one is on.
#[derive(Deserialize)]
struct Switches {
    #[serde(flatten)]
    all: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Sentences {
    max_seq_length: Option<usize>,
}

impl Directory {
    pub(super) fn open(path: &Path) -> Result<Self, LoadError> {
        let broken = |error: std::io::Error| LoadError::broken(path, &error);
        let path = fs::canonicalize(path).map_err(broken)?;
        if !path.is_dir() {
            return Err(LoadError::broken(&path, "not a directory"));
        }

        Ok(Self(path))
    }

    pub(super) fn name(&self) -> String {
        let name = self.0.file_name().unwrap_or_default();

        name.to_string_lossy().into_owned()
    }

    /// The shape of the model.
    pub(super) fn config(&self) -> Result<Config, LoadError> {
        let Kind { model_type } = self.read(CONFIG)?;
        match model_type.as_deref() {
            Some(MODEL_TYPE) => {}
            Some(other) => {
                let what =
                    format!("model_type `{other}` cannot be run: use a model of type `bert`");
                return Err(self.broken(CONFIG, &what));
            }
            None => return Err(self.broken(CONFIG, "no model_type: use a model of type `bert`")),
        }
        let config: Config = self.read(CONFIG)?;
        let heads = config.num_attention_heads;
        if heads == 0 || !config.hidden_size.is_multiple_of(heads) {
            let what = "hidden_size is no multiple of num_attention_heads";
            return Err(self.broken(CONFIG, what));
        }
        self.refuse_other_modules()?;

        Ok(config)
    }

    /// What makes tokens of a text, cut to what the model reads.
    pub(super) fn tokenizer(&self, config: &Config) -> Result<Tokenizer, LoadError> {
        let broken = |error: tokenizers::Error| self.broken(TOKENIZER, &error);
        let mut tokenizer = Tokenizer::from_bytes(self.bytes(TOKENIZER)?).map_err(broken)?;
        if tokenizer.get_vocab_size(true) > config.vocab_size {
            return Err(self.broken(TOKENIZER, "more tokens than the vocab_size of config.json"));
        }
        let added = tokenizer.get_post_processor();
        let added = added.map_or(0, |added| added.added_tokens(false));
        if added == 0 {
            return Err(self.broken(TOKENIZER, "no post_processor that adds [CLS] and [SEP]"));
        }
        let most_tokens = self.most_tokens(config)?;
        if most_tokens <= added {
            return Err(self.broken(SENTENCES, "max_seq_length leaves no room for a word"));
        }
        let truncation = TruncationParams {
            max_length: most_tokens,
            ..TruncationParams::default()
        };
        let cut = tokenizer.with_truncation(Some(truncation));
        cut.map_err(broken)?.with_padding(None);

        Ok(tokenizer)
    }

    pub(super) fn weights(&self) -> Result<Vec<u8>, LoadError> {
        self.bytes(WEIGHTS)
    }

    /// The mean, unless it is said otherwise.
    pub(super) fn pooling(&self) -> Result<Pooling, LoadError> {
        let Some(Switches { all }) = self.find(POOLING)? else {
            return Ok(Pooling::Mean);
        };
        let on = all
            .iter()
            .filter(|(_, value)| value.as_bool() == Some(true));
        let on = on.filter_map(|(name, _)| name.strip_prefix("pooling_mode_"));
        match on.collect::<Vec<_>>().as_slice() {
            ["mean_tokens"] => Ok(Pooling::Mean),
            ["cls_token"] => Ok(Pooling::First),
            other => {
                let other = other.join(", ");
                let what = format!("pools by `{other}`: only mean_tokens or cls_token can be run");
                Err(self.broken(POOLING, &what))
            }
        }
    }

    /// An error in the weights.
    pub(super) fn broken_weights(&self, what: &(impl Display + ?Sized)) -> LoadError {
        self.broken(WEIGHTS, what)
    }

    /// Vectors without a step the model was trained with would be those of no model.
    fn refuse_other_modules(&self) -> Result<(), LoadError> {
        let modules: Vec<Module> = self.find(MODULES)?.unwrap_or_default();
        for Module { class } in modules {
            let name = class.rsplit('.').next().unwrap_or_default();
            if !matches!(name, "Transformer" | "Pooling" | "Normalize") {
                return Err(self.broken(MODULES, &format!("a module `{name}` cannot be run")));
            }
        }

        Ok(())
    }

    fn most_tokens(&self, config: &Config) -> Result<usize, LoadError> {
        let sentences: Option<Sentences> = self.find(SENTENCES)?;
        let set = sentences.and_then(|sentences| sentences.max_seq_length);
        let known = config.max_position_embeddings.min(MOST_TOKENS);

        Ok(set.unwrap_or(known).min(known))
    }

    /// A file that need not be there.
    fn find<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, LoadError> {
        if !self.0.join(name).exists() {
            return Ok(None);
        }

        self.read(name).map(Some)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T, LoadError> {
        serde_json::from_slice(&self.bytes(name)?).map_err(|error| self.broken(name, &error))
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, LoadError> {
        fs::read(self.0.join(name)).map_err(|error| self.broken(name, &error))
    }

    fn broken(&self, name: &str, what: &(impl Display + ?Sized)) -> LoadError {
        LoadError::broken(&self.0.join(name), what)
    }
}
