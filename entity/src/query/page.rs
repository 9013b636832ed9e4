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
