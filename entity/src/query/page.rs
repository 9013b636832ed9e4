//! Keyset pages.

/// Which page of a list: the first rows after a key, or the last ones before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest<K> {
    /// Rows at most.
    pub limit: u64,
    /// Where the page lies.
    pub at: PageAt<K>,
}

/// The end from which a page is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageAt<K> {
    /// The first rows, after this key when there is one.
    First(Option<K>),
    /// The last rows, before this key when there is one.
    Last(Option<K>),
}

/// One page, in the order asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// More rows follow.
    pub has_next: bool,
    /// Rows came before.
    pub has_previous: bool,
}

impl<T> Page<T> {
    /// A page without rows of a list without rows.
    pub fn empty() -> Self {
        Self {
            rows: Vec::new(),
            has_next: false,
            has_previous: false,
        }
    }

    /// The page with each row made into another.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(row).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

impl<K> PageRequest<K> {
    /// Rows to read: one more than asked tells whether there are more.
    pub(crate) fn rows_to_read(&self) -> u64 {
        self.limit.saturating_add(1).min(i64::MAX as u64)
    }

    pub(crate) fn key(&self) -> Option<&K> {
        match &self.at {
            PageAt::First(key) | PageAt::Last(key) => key.as_ref(),
        }
    }

    /// Whether rows are read from the end of the list.
    pub(crate) fn is_from_end(&self) -> bool {
        matches!(self.at, PageAt::Last(_))
    }

    /// The page, from rows read from its end of the list, at most [`rows_to_read`](Self::rows_to_read) of them.
    pub(crate) fn page<T>(&self, mut rows: Vec<T>) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        // The row of the key itself lies on the other side.
        let other_side = self.key().is_some();
        if self.is_from_end() {
            rows.reverse();
            Page {
                rows,
                has_next: other_side,
                has_previous: more,
            }
        } else {
            Page {
                rows,
                has_next: more,
                has_previous: other_side,
            }
        }
    }
}
