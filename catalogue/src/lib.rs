//! The catalogue: what Fieldbook keeps, found out and not written down, and what that is worth.
//!
//! | module | owns |
//! |---|---|
//! | [`model`] | the one model that GraphQL, pages and feeds are drawn from |
//! | [`discover`] | datasets and their fields, from what the database says of itself |
//! | [`annotations`] | the file of what no machine can know: owner, contact, licence, promise |
//! | [`stewardship`] | what stewards say over that file, and announce |
//! | [`schema`] | what a dataset promises, and which version a change makes |
//! | [`freshness`] | how old things are against what is expected of them, and incidents |
//! | [`quality`] | how good readings are: pure functions of readings and rules |
//! | [`evaluator`] | measures each sensor's hours and days in the background, and keeps what it finds |
//! | [`lineage`] | where everything went that was received, and whether it adds up |
//! | [`feeds`] | the model in the words of standards |
//! | [`webhook`] | who is told of changes, signed |
//! | [`keeper`] | finds everything out again and again, notes versions, has the answer at hand |
//!
//! What a table or column means is written once, as its comment in the database. Nothing here serves HTTP or knows GraphQL.

pub mod annotations;
pub mod discover;
mod distributions;
pub mod evaluator;
pub mod feeds;
pub mod freshness;
pub mod keeper;
pub mod lineage;
pub mod model;
pub mod quality;
pub mod schema;
pub mod stewardship;
pub mod webhook;

pub use crate::annotations::Annotations;
pub use crate::evaluator::Evaluator;
pub use crate::keeper::Keeper;
