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
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            limit: 100,
            offset: 0,
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
        }
    }

    /// Converts each item.
    #[must_use]
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            request: self.request,
            has_more: self.has_more,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extra_row_tells_that_there_is_more() {
        let request = PageRequest {
            limit: 2,
            offset: 0,
        };

        assert!(Page::from_rows(vec![1, 2, 3], request).has_more);
        assert!(!Page::from_rows(vec![1, 2], request).has_more);
        assert!(
            Page::from_rows(
                vec![1],
                PageRequest {
                    limit: 0,
                    offset: 0
                }
            )
            .has_more
        );
    }
}
