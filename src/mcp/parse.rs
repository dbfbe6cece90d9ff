//! Arguments to values: words, times, languages, pages.

use crate::domain::{EntryType, Language, MAX_PAGE_SIZE, PageRequest, Timestamp};
use crate::service::{History, Invalid, Shape};

/// Reads the type of an entry; an empty one is no filter.
pub(super) fn entry_type(text: Option<&str>) -> Result<Option<EntryType>, Invalid> {
    given(text)
        .map(|text| Invalid::check_word("entry_type", text))
        .transpose()
}

/// Reads a time; an empty one is an error, not "not given".
pub(super) fn timestamp(param: &str, text: Option<&str>) -> Result<Option<Timestamp>, Invalid> {
    text.map(|text| Timestamp::parse(text).map_err(|_| Invalid::timestamp(param, text)))
        .transpose()
}

/// Reads a language; an empty one is "not given".
pub(super) fn language(text: Option<&str>) -> Result<Option<Language>, Invalid> {
    given(text)
        .map(|text| Language::from_code(text).ok_or_else(|| Invalid::language("language", text)))
        .transpose()
}

/// Reads the part of a list that is wanted.
pub(super) fn page(
    limit: Option<i64>,
    offset: Option<i64>,
    max_tokens: Option<i64>,
) -> Result<PageRequest, Invalid> {
    let default = PageRequest::default();
    let limit = match limit {
        None => default.limit,
        Some(limit) => u64::try_from(limit)
            .ok()
            .filter(|limit| *limit <= MAX_PAGE_SIZE)
            .ok_or_else(|| Invalid::limit(limit))?,
    };
    let offset = match offset {
        None => default.offset,
        Some(offset) => u64::try_from(offset)
            .map_err(|_| Invalid::out_of_range("offset", offset, 0, i64::MAX))?,
    };

    let max_tokens = max_tokens.map(|tokens| {
        u64::try_from(tokens)
            .ok()
            .filter(|tokens| *tokens > 0)
            .ok_or_else(|| Invalid::out_of_range("max_tokens", tokens, 1, i64::MAX))
    });

    Ok(PageRequest {
        limit,
        offset,
        max_tokens: max_tokens.transpose()?,
    })
}

/// Reads the form of a list.
pub(super) fn shape(mode: Option<&str>) -> Result<Shape, Invalid> {
    match given(mode) {
        None | Some("full") => Ok(Shape::Full),
        Some("list") => Ok(Shape::List),
        Some(other) => Err(Invalid::word("mode", other, ["full", "list"])),
    }
}

/// Reads what to do with history.
pub(super) fn history(text: Option<&str>) -> Result<History, Invalid> {
    match given(text) {
        None | Some("false") => Ok(History::Hidden),
        Some("true") => Ok(History::Shown),
        Some("only") => Ok(History::Only),
        Some(other) => Err(Invalid::word(
            "include_history",
            other,
            ["false", "only", "true"],
        )),
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
