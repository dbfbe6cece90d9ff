//! Whether an answer is what was asked for.

use std::sync::OnceLock;

use super::{EmbedError, normalise};

/// Texts of one question at most.
pub(super) const BATCH: usize = 64;

/// How many numbers the vectors of a model have: what is set, else what the first answer has.
pub(super) struct Dimensions(OnceLock<usize>);

/// Lets vectors through if there is one for each text.
///
/// # Errors
///
/// [`EmbedError::Malformed`] for another number of vectors.
pub(super) fn whole(vectors: Vec<Vec<f32>>, texts: usize) -> Result<Vec<Vec<f32>>, EmbedError> {
    if vectors.len() == texts {
        return Ok(vectors);
    }

    let what = format!("{} vectors for {texts} texts", vectors.len());
    Err(EmbedError::Malformed(what))
}

impl Dimensions {
    pub(super) fn new(set: Option<usize>) -> Self {
        Self(set.map_or_else(OnceLock::new, OnceLock::from))
    }

    /// Lets vectors for so many texts through, brought to length 1.
    ///
    /// # Errors
    ///
    /// [`EmbedError::Malformed`] for another number of vectors, other dimensions, and numbers that are none.
    pub(super) fn check(
        &self,
        mut vectors: Vec<Vec<f32>>,
        texts: usize,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        vectors = whole(vectors, texts)?;
        for vector in &mut vectors {
            self.check_one(vector)?;
        }

        Ok(vectors)
    }

    fn check_one(&self, vector: &mut [f32]) -> Result<(), EmbedError> {
        let largest = vector
            .iter()
            .fold(0.0_f32, |largest, number| largest.max(number.abs()));
        if !vector.iter().all(|number| number.is_finite()) {
            return Err(EmbedError::Malformed(
                "a number that is infinite or none".to_owned(),
            ));
        }
        if largest <= 0.0 {
            return Err(EmbedError::Malformed("a vector of length 0".to_owned()));
        }
        let dimensions = *self.0.get_or_init(|| vector.len());
        if vector.len() != dimensions {
            let what = format!("{} dimensions instead of {dimensions}", vector.len());
            return Err(EmbedError::Malformed(what));
        }
        // Squares of very large or very small numbers would be infinite or 0.
        for number in &mut *vector {
            *number /= largest;
        }
        normalise(vector);

        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_answers_pass_and_their_vectors_have_length_one() {
        let set = Dimensions::new(Some(2));
        let refused = |vectors: Vec<Vec<f32>>| set.check(vectors, 1).is_err();

        assert_eq!(
            set.check(vec![vec![3.0, 4.0], vec![0.0, f32::MAX]], 2),
            Ok(vec![vec![0.6, 0.8], vec![0.0, 1.0]])
        );
        assert!(refused(vec![]));
        assert!(refused(vec![vec![1.0, 0.0], vec![1.0, 0.0]]));
        assert!(refused(vec![vec![1.0]]));
        assert!(refused(vec![vec![]]));
        assert!(refused(vec![vec![0.0, 0.0]]));
        assert!(refused(vec![vec![1.0, f32::NAN]]));
        assert!(refused(vec![vec![f32::INFINITY, 1.0]]));
    }

    #[test]
    fn the_first_answer_says_how_many_dimensions_there_are() {
        let open = Dimensions::new(None);

        assert!(open.check(vec![vec![1.0, 0.0], vec![1.0]], 2).is_err());
        assert!(open.check(vec![vec![1.0, 0.0]], 1).is_ok());
        assert!(open.check(vec![vec![1.0, 0.0, 0.0]], 1).is_err());
    }
}
