//! Cutting a text into tokens.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest term, in characters; what is longer is cut, so that no encoded file fills the index.
const LONGEST: usize = 64;

/// A piece of text that is looked up as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, lower-case.
    Word(String),
    /// A name of several parts, such as `snake_case` or `ERR-4012`: the whole, lower-case, and its parts.
    Name(String, Vec<String>),
    /// A run of characters of a script without blanks between words.
    Run(Vec<char>),
}

/// Cuts a text into tokens, in order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.nfkc().collect();
    let mut tokens = Vec::new();
    let mut rest = characters.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if is_unspaced(*first) {
            let (run, after) = split_where(rest, |character| !is_unspaced(character));
            tokens.push(Token::Run(run.to_vec()));
            rest = after;
        } else if is_letter(*first) {
            let (name, after) = split_name(rest);
            tokens.push(token_of(name));
            rest = after;
        } else {
            rest = after;
        }
    }

    tokens
}

/// Letters of a name and the connectors between them.
fn split_name(characters: &[char]) -> (&[char], &[char]) {
    let mut pairs = characters.iter().zip(characters.iter().skip(1));
    let last = pairs
        .position(|(this, next)| !(is_letter(*next) || (is_letter(*this) && is_connector(*next))));
    let mut end = last.map_or(characters.len(), |last| last + 1);
    // A connector with nothing after it belongs to no name.
    if end > 0
        && characters
            .get(end - 1)
            .is_some_and(|last| is_connector(*last))
    {
        end -= 1;
    }

    characters.split_at(end)
}

fn token_of(name: &[char]) -> Token {
    let parts: Vec<String> = name
        .split(|character| is_connector(*character))
        .flat_map(humps)
        .map(lower)
        .collect();
    let whole = lower(name);
    if parts.len() < 2 {
        return Token::Word(whole);
    }

    Token::Name(whole, parts)
}

/// The parts of `camelCase` and `XMLHttpRequest`.
fn humps(name: &[char]) -> Vec<&[char]> {
    let mut parts = Vec::new();
    let mut rest = name;
    loop {
        let border = (1..rest.len()).find(|at| {
            let (before, after) = (rest.get(at - 1), rest.get(*at));
            let follows = rest.get(at + 1);
            match (before, after) {
                (Some(before), Some(after)) if after.is_uppercase() => {
                    before.is_lowercase()
                        || (before.is_uppercase()
                            && follows.is_some_and(|next| next.is_lowercase()))
                }
                _ => false,
            }
        });
        let Some((part, after)) = border.and_then(|at| rest.split_at_checked(at)) else {
            break;
        };
        parts.push(part);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(rest);
    }

    parts
}

fn lower(characters: &[char]) -> String {
    characters
        .iter()
        .take(LONGEST)
        .flat_map(|character| character.to_lowercase())
        .collect()
}

fn split_where(characters: &[char], ends: impl Fn(char) -> bool) -> (&[char], &[char]) {
    let end = characters
        .iter()
        .position(|character| ends(*character))
        .unwrap_or(characters.len());

    characters.split_at(end)
}

fn is_letter(character: char) -> bool {
    (character.is_alphanumeric() || is_combining_mark(character)) && !is_unspaced(character)
}

fn is_connector(character: char) -> bool {
    matches!(
        character,
        '_' | '-' | '.' | '/' | ':' | '@' | '#' | '\u{2010}' | '\u{2011}'
    )
}

/// Whether a character is of a script that writes words without blanks between them, or whose words are best found by
/// pairs of characters: Chinese, Japanese, Korean, Thai, Lao, Burmese, Khmer.
fn is_unspaced(character: char) -> bool {
    matches!(
        character,
        '\u{0E00}'..='\u{0E7F}' // Thai
            | '\u{0E80}'..='\u{0EFF}' // Lao
            | '\u{1000}'..='\u{109F}' // Burmese
            | '\u{1100}'..='\u{11FF}' // Hangul Jamo
            | '\u{1780}'..='\u{17FF}' // Khmer
            | '\u{3005}' | '\u{3007}' // ideographic iteration mark and zero
            | '\u{3040}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' // Hiragana, Katakana
            | '\u{31F0}'..='\u{31FF}' // Katakana extensions
            | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' // ideographs
            | '\u{AC00}'..='\u{D7AF}' // Hangul
            | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' // more ideographs
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Token {
        Token::Word(text.to_owned())
    }

    fn name(whole: &str, parts: &[&str]) -> Token {
        Token::Name(
            whole.to_owned(),
            parts.iter().map(|part| (*part).to_owned()).collect(),
        )
    }

    #[test]
    fn words_are_normalised_and_lower_case() {
        assert_eq!(
            tokens("Café, ＡＢＣ (don't) 3 हिन्दी"),
            [
                word("café"),
                word("abc"),
                word("don"),
                word("t"),
                word("3"),
                word("हिन्दी")
            ]
        );
        assert_eq!(tokens(" — \"'*!& "), []);
    }

    #[test]
    fn names_are_taken_whole_and_in_parts() {
        assert_eq!(
            tokens("PUMP_MAX_RPM getUserById, XMLHttpRequest."),
            [
                name("pump_max_rpm", &["pump", "max", "rpm"]),
                name("getuserbyid", &["get", "user", "by", "id"]),
                name("xmlhttprequest", &["xml", "http", "request"]),
            ]
        );
        assert_eq!(
            tokens("net.ipv4.ip_forward ERR-4012: v1.2.3 -x- a:"),
            [
                name("net.ipv4.ip_forward", &["net", "ipv4", "ip", "forward"]),
                name("err-4012", &["err", "4012"]),
                name("v1.2.3", &["v1", "2", "3"]),
                word("x"),
                word("a"),
            ]
        );
    }

    #[test]
    fn text_without_blanks_is_taken_in_runs() {
        let run = |text: &str| Token::Run(text.chars().collect());

        assert_eq!(
            tokens("東京タワーでABCを"),
            [run("東京タワーで"), word("abc"), run("を")]
        );
        assert_eq!(tokens("한국어 문서"), [run("한국어"), run("문서")]);
    }

    #[test]
    fn a_term_is_never_longer_than_it_needs_to_be() {
        assert_eq!(tokens(&"x".repeat(500)), [word(&"x".repeat(LONGEST))]);
    }
}
