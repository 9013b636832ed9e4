//! Pictures as SVG: no scripts, and in the colours of the page.

pub(crate) mod line;
pub(crate) mod map;
pub(crate) mod spark;
