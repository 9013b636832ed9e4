//! What every page says of itself.

use async_graphql::SimpleObject;

use crate::graphql::projection::{Plain, Write, json, text};
use crate::graphql::selection::Selected;

/// Where a page lies in its list.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(crate) struct PageInfo {
    /// Whether more follows: ask again with `after: endCursor`.
    pub(crate) has_next_page: bool,
    /// Whether something comes before: ask again with `last` and `before: startCursor`, where the list has them.
    pub(crate) has_previous_page: bool,
    /// The cursor of the page's first item; null on an empty page.
    pub(crate) start_cursor: Option<String>,
    /// The cursor of the page's last item; null on an empty page.
    pub(crate) end_cursor: Option<String>,
}

impl Plain for PageInfo {
    const TYPE_NAME: &'static str = "PageInfo";

    fn field(field: &Selected<'_>) -> Option<Write<Self>> {
        Some(match field.name() {
            "hasNextPage" => json(|page: &Self| page.has_next_page),
            "hasPreviousPage" => json(|page: &Self| page.has_previous_page),
            "startCursor" => text(|page: &Self| page.start_cursor.as_deref()),
            "endCursor" => text(|page: &Self| page.end_cursor.as_deref()),
            _ => return None,
        })
    }
}
