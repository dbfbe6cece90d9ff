//! The built-in model: a vector for each word piece, added up.
//!
//! Made by `distil.py` from all-MiniLM-L6-v2; see `PROVENANCE.md`.

mod word_pieces;

use std::sync::LazyLock;

use super::{EmbedError, Provider, normalise};
use word_pieces::WordPieces;

/// Numbers of a vector.
const DIMENSIONS: usize = 256;

/// Word pieces with a vector: half a float of scale each, then a row of bytes each.
const PIECES: usize = 30_522;

/// Pieces below are not words: special and unused ones.
const FIRST_WORD: u32 = 999;

/// The largest number of a row.
const STEPS: f32 = 127.0;

static MODEL: &[u8; PIECES * (2 + DIMENSIONS)] = include_bytes!("model.i8");

static VOCABULARY: LazyLock<WordPieces> =
    LazyLock::new(|| WordPieces::of(include_str!("vocab.txt")));

/// The model in the binary: English above all, 256 dimensions, some microseconds a text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Builtin;

impl Builtin {
    /// Name of the model.
    pub const MODEL: &'static str = "awareness-static-256";

    /// The vector of a text, of length 1; of length 0 for a text without words.
    #[must_use]
    pub fn vector(self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0; DIMENSIONS];
        let (scales, rows) = MODEL.split_at(PIECES * 2);
        for piece in VOCABULARY.split(text) {
            if piece < FIRST_WORD {
                continue;
            }
            let piece = piece as usize;
            let scale = scales.get(piece * 2..piece * 2 + 2);
            let row = rows.get(piece * DIMENSIONS..(piece + 1) * DIMENSIONS);
            if let (Some([low, high]), Some(row)) = (scale, row) {
                let scale = half::f16::from_le_bytes([*low, *high]).to_f32() / STEPS;
                for (sum, byte) in sum.iter_mut().zip(row) {
                    *sum += f32::from(byte.cast_signed()) * scale;
                }
            }
        }
        normalise(&mut sum);

        sum
    }
}

#[async_trait::async_trait]
impl Provider for Builtin {
    fn name(&self) -> &'static str {
        "builtin"
    }

    fn model(&self) -> &str {
        Self::MODEL
    }

    fn is_instant(&self) -> bool {
        true
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Reference {
        text: String,
        pieces: Vec<u32>,
        vector: Vec<f32>,
    }

    #[test]
    fn vectors_are_those_of_the_script_that_made_the_model() {
        let references: Vec<Reference> =
            serde_json::from_str(include_str!("reference.json")).unwrap();

        assert!(references.len() >= 10);
        for reference in references {
            assert_eq!(
                VOCABULARY.split(&reference.text),
                reference.pieces,
                "{}",
                reference.text
            );
            let vector = Builtin.vector(&reference.text);
            for (number, expected) in vector.iter().zip(&reference.vector) {
                assert!((number - expected).abs() < 1e-4, "{}", reference.text);
            }
        }
    }

    #[test]
    fn what_means_the_same_is_nearer_than_what_does_not() {
        let cosine = |a: &str, b: &str| -> f32 {
            let (a, b) = (Builtin.vector(a), Builtin.vector(b));
            a.iter().zip(&b).map(|(a, b)| a * b).sum()
        };
        let query = "how do I fix the heating";

        assert!(
            cosine(query, "the boiler was repaired") > cosine(query, "the meeting is on Monday")
        );
        assert_eq!(Builtin.vector(" \n"), vec![0.0; DIMENSIONS]);
    }
}
