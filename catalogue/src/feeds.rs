//! The feeds: what the catalogue says, in the words of standards.
//!
//! Each is a pure function of the model and of the addresses of things, and says nothing that is not in the model; what
//! two of them say in common is worded once, in `words.rs`. What maps to what stands in `docs/reference/feeds.md`.
//!
//! Whatever a description holds, quotes, line ends, markup, comes out escaped and is the same when it is read. XML alone
//! cannot say control characters; there they are shown as U+FFFD.

mod address;
pub mod atom;
pub mod data_package;
pub mod dcat;
pub mod odcs;
mod rdf;
pub mod schema_org;
mod semantics;
mod types;
mod units;
mod words;

pub use self::address::{Address, BadAddress, BadDatabaseServer, DatabaseServer, ObjectStore};
