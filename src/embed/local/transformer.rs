//! From texts to tokens, and from tokens to vectors.

use std::iter::repeat_n;

use candle_core::{DType, Device, IndexOp as _, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::BertModel;
use tokenizers::Tokenizer;

use super::directory::{Directory, Pooling};
use super::{EmbedError, LoadError};

/// A tensor every BERT has; some files have it below `bert.`.
const WORDS: &str = "embeddings.word_embeddings.weight";

const PREFIX: &str = "bert";

/// What fills up short texts of a batch; the mask hides it, so that any token would do.
const PADDING: u32 = 0;

pub(super) struct Transformer {
    tokenizer: Tokenizer,
    model: BertModel,
    pooling: Pooling,
    dimensions: usize,
}

impl Transformer {
    pub(super) fn load(directory: &Directory) -> Result<Self, LoadError> {
        let config = directory.config()?;
        let pooling = directory.pooling()?;
        let tokenizer = directory.tokenizer(&config)?;
        let broken = |error: candle_core::Error| directory.broken_weights(&first_line(&error));
        // Whatever the numbers are stored as, processors are fast with these.
        let weights = directory.weights()?;
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu);
        let weights = weights.map_err(broken)?;
        let weights = if weights.contains_tensor(&format!("{PREFIX}.{WORDS}")) {
            weights.pp(PREFIX)
        } else {
            weights
        };
        let transformer = Self {
            tokenizer,
            model: BertModel::load(weights, &config).map_err(broken)?,
            pooling,
            dimensions: config.hidden_size,
        };
        let [first, last] = [0, config.vocab_size.saturating_sub(1)];
        let tokens = [first, last].map(|token| u32::try_from(token).unwrap_or(PADDING));
        transformer.infer(&[tokens.to_vec()]).map_err(broken)?;

        Ok(transformer)
    }

    /// How many numbers its vectors have.
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The tokens of each text, cut to what the model reads.
    pub(super) fn tokens(&self, texts: &[String]) -> Result<Vec<Vec<u32>>, EmbedError> {
        let tokens = texts.iter().map(|text| {
            let encoding = self.tokenizer.encode_fast(text.as_str(), true);
            // The error may show the text.
            let encoding = encoding.map_err(|_| no_vectors("a text has no tokens"))?;
            Ok(encoding.get_ids().to_vec())
        });

        tokens.collect()
    }

    /// A vector for each text of a batch.
    pub(super) fn vectors(&self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.infer(batch)
            .map_err(|error| no_vectors(&first_line(&error)))
    }

    fn infer(&self, batch: &[Vec<u32>]) -> candle_core::Result<Vec<Vec<f32>>> {
        let longest = batch.iter().map(Vec::len).max().unwrap_or_default();
        let mut tokens = Vec::with_capacity(batch.len() * longest);
        let mut mask = Vec::with_capacity(batch.len() * longest);
        for text in batch {
            let missing = longest - text.len();
            tokens.extend(text.iter().copied().chain(repeat_n(PADDING, missing)));
            mask.extend(repeat_n(1_f32, text.len()).chain(repeat_n(0.0, missing)));
        }
        let shape = (batch.len(), longest);
        let tokens = Tensor::from_vec(tokens, shape, &Device::Cpu)?;
        let mask = Tensor::from_vec(mask, shape, &Device::Cpu)?;
        let kinds = tokens.zeros_like()?;
        let states = self.model.forward(&tokens, &kinds, Some(&mask))?;

        match self.pooling {
            Pooling::First => states.i((.., 0))?,
            Pooling::Mean => {
                let mask = mask.unsqueeze(2)?;
                let sums = states.broadcast_mul(&mask)?.sum(1)?;
                sums.broadcast_div(&mask.sum(1)?)?
            }
        }
        .to_vec2()
    }
}

fn no_vectors(reason: &str) -> EmbedError {
    EmbedError::Malformed(format!("no vectors: {reason}"))
}

/// What went wrong, without the backtrace that may follow.
fn first_line(error: &candle_core::Error) -> String {
    let text = error.to_string();

    text.lines().next().unwrap_or_default().to_owned()
}
