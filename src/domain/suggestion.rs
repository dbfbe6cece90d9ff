//! What a caller probably meant.

/// Finds the word nearest to `given`, ignoring case, if at most two edits apart; on a tie the alphabetically first.
///
/// The distance is Levenshtein's.
#[must_use]
pub fn nearest<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const FARTHEST: usize = 2;
    let given = given.to_lowercase();

    words
        .into_iter()
        .map(|word| (strsim::levenshtein(&given, &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= FARTHEST)
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_within_two_edits_is_suggested() {
        let words = ["note", "pattern", "record"];

        assert_eq!(nearest("notes", words), Some("note"));
        assert_eq!(nearest("Note", words), Some("note"));
        assert_eq!(nearest("nodule", words), None);
        assert_eq!(nearest("b", ["c", "a"]), Some("a"));
    }
}
