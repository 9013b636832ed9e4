//! The limits of OData's questions and answers.

/// The limits of OData's questions and answers; those of times, texts, sensors and buckets are the API's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ODataLimits {
    /// Rows of one page; a client may prefer fewer. Default: 10,000.
    pub page_max: u32,
    /// Rows that `$skip` may pass over. Default: 100,000; further on leads `@odata.nextLink` alone.
    pub skip_max: u64,
    /// Rows that one page may look at to find those that its filter wants. Default: 200,000; the page then holds what was
    /// found, and `@odata.nextLink` goes on behind it.
    pub scan_max: u64,
    /// Rows that `$count` counts. Default: 1,000,000; beyond, the question is refused, because OData knows no estimates.
    pub count_max: u64,
    /// Bytes of an address. Default: 16 KiB.
    pub url_bytes_max: usize,
    /// Comparisons, functions, values and names in a filter. Default: 2,000.
    pub filter_terms_max: usize,
    /// Parentheses, functions and negations in each other in a filter. Default: 32.
    pub filter_depth_max: usize,
}

impl Default for ODataLimits {
    fn default() -> Self {
        Self {
            page_max: 10_000,
            skip_max: 100_000,
            scan_max: 200_000,
            count_max: 1_000_000,
            url_bytes_max: 16 * 1024,
            filter_terms_max: 2_000,
            filter_depth_max: 32,
        }
    }
}
