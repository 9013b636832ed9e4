//! Fieldbook's pages, rendered on the server and readable without scripts.
//!
//! | folder | owns |
//! |---|---|
//! | [`api`] | how pages ask: GraphQL, as whoever looks at them may |
//! | `queries/` | what each page asks, a file per question |
//! | `pages` | a file per page: its address, its question, what it shows |
//! | `templates/` | how it is shown |
//! | `words` | numbers, times, sizes and states, as people say them |
//! | `drawing` | lines, sparks and maps as SVG |
//! | `assets/` | style and scripts, embedded in the binary |
//!
//! A page knows nothing that the API does not tell its visitor (docs/adr/0016): it has no database, and decides nothing
//! about who may see what.

#![expect(
    clippy::cast_precision_loss,
    reason = "counts and places on pictures are shown, not reckoned with"
)]

mod address;
pub mod api;
mod assets;
mod chrome;
mod connect;
mod drawing;
mod error;
mod lineage;
mod model;
mod pages;
mod plot;
mod range;
mod words;

pub use self::error::{Problem, problem};
pub use self::pages::{NoSuchPage, router};
