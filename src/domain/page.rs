//! Pages of a list.

/// The most entries a page may hold.
pub const MAX_PAGE_SIZE: u64 = 1000;

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many items at most; default 100, at most [`MAX_PAGE_SIZE`].
    pub limit: u64,
    /// How many items to skip; default 0.
    pub offset: u64,
    /// About how many tokens the items may cost a model together; no bound if not given. The first item is always shown.
    pub max_tokens: Option<u64>,
}

/// Something whose cost to a model can be told.
pub trait Costed {
    /// How many bytes of JSON it is about.
    fn json_bytes(&self) -> usize;
}

/// Bytes of JSON a token stands for, about: English prose is nearer to 4.5, identifiers and punctuation nearer to 3.
const BYTES_PER_TOKEN: u64 = 4;

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            limit: 100,
            offset: 0,
            max_tokens: None,
        }
    }
}

impl PageRequest {
    /// The first so many, at most [`MAX_PAGE_SIZE`].
    #[must_use]
    pub fn first(limit: u64) -> Self {
        Self {
            limit: limit.min(MAX_PAGE_SIZE),
            ..Self::default()
        }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, at most as many as asked for.
    pub items: Vec<T>,
    /// What was asked for.
    pub request: PageRequest,
    /// Whether the list goes on.
    pub has_more: bool,
    /// How many items of the page were left out because of their cost.
    pub left_out: u64,
}

impl<T> Page<T> {
    /// Makes a page of rows of which one more than the limit was fetched.
    #[must_use]
    pub fn from_rows(mut rows: Vec<T>, request: PageRequest) -> Self {
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);

        Self {
            items: rows,
            request,
            has_more,
            left_out: 0,
        }
    }

    /// Leaves out items from the end until the rest costs no more than was asked for.
    #[must_use]
    pub fn fitted(mut self) -> Self
    where
        T: Costed,
    {
        let Some(most) = self.request.max_tokens else {
            return self;
        };
        let mut tokens = 0;
        let fitting = self
            .items
            .iter()
            .take_while(|item| {
                tokens += (item.json_bytes() as u64).div_ceil(BYTES_PER_TOKEN);
                tokens <= most
            })
            .count();
        let kept = fitting.max(1).min(self.items.len());
        self.left_out = (self.items.len() - kept) as u64;
        self.has_more |= self.left_out > 0;
        self.items.truncate(kept);

        self
    }

    /// Converts each item.
    #[must_use]
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            request: self.request,
            has_more: self.has_more,
            left_out: self.left_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Costed for usize {
        fn json_bytes(&self) -> usize {
            *self
        }
    }

    #[test]
    fn the_extra_row_tells_that_there_is_more() {
        let request = PageRequest::first(2);

        assert!(Page::from_rows(vec![1, 2, 3], request).has_more);
        assert!(!Page::from_rows(vec![1, 2], request).has_more);
        assert!(Page::from_rows(vec![1], PageRequest::first(0)).has_more);
    }

    #[test]
    fn a_page_is_cut_where_it_becomes_too_dear_but_never_to_nothing() {
        let request = |max_tokens| PageRequest {
            max_tokens: Some(max_tokens),
            ..PageRequest::first(10)
        };
        let fitted = |max_tokens| {
            let page = Page::from_rows(vec![40_usize, 40, 40], request(max_tokens)).fitted();
            (page.items.len(), page.left_out, page.has_more)
        };

        assert_eq!(fitted(30), (3, 0, false));
        assert_eq!(fitted(29), (2, 1, true));
        assert_eq!(fitted(1), (1, 2, true));
    }
}
