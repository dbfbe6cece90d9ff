//! Cursors of lists the protocol pages: opaque, and never an error of ours when they are made up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::ErrorData;

/// Where a list goes on: after the item of this name. Lists are sorted by name, so items that come and go in between do
/// not make others appear twice or not at all.
pub(super) struct Cursor(String);

/// What our cursors begin with, so that one of another version or list is refused.
const VERSION: &str = "1/";

impl Cursor {
    /// Reads the cursor of a request.
    ///
    /// # Errors
    ///
    /// Invalid parameters for one that is not ours.
    pub(super) fn read(text: Option<String>) -> Result<Option<Self>, ErrorData> {
        let Some(text) = text else {
            return Ok(None);
        };
        let name = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.strip_prefix(VERSION).map(str::to_owned));

        name.map(|name| Some(Self(name)))
            .ok_or_else(|| ErrorData::invalid_params("unknown cursor: start without one", None))
    }

    /// Takes the part of a sorted list after a cursor, and the cursor of the next part if there is one.
    pub(super) fn cut<T>(
        items: Vec<T>,
        after: Option<Self>,
        size: usize,
        name: impl Fn(&T) -> &str,
    ) -> (Vec<T>, Option<String>) {
        let mut rest: Vec<T> = match after {
            None => items,
            Some(Self(last)) => items
                .into_iter()
                .filter(|item| name(item) > last.as_str())
                .collect(),
        };
        let has_more = rest.len() > size;
        rest.truncate(size);
        let next = rest
            .last()
            .filter(|_| has_more)
            .map(|item| URL_SAFE_NO_PAD.encode(format!("{VERSION}{}", name(item))));

        (rest, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_end() {
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();

        let (first, next) = Cursor::cut(names.clone(), None, 2, |name| name);
        assert_eq!(first, ["a", "b"]);
        let after = Cursor::read(next).unwrap();
        let (second, next) = Cursor::cut(names, after, 2, |name| name);

        assert_eq!(second, ["c"]);
        assert_eq!(next, None);
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        assert!(Cursor::read(Some("100".to_owned())).is_err());
        assert!(Cursor::read(Some("%%%".to_owned())).is_err());
    }
}
