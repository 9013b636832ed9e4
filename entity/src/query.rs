//! What the API asks: reading queries, each within a [`Scope`](crate::Scope).

pub mod aggregates;
pub mod conflicts;
pub mod describe;
pub mod doubts;
pub mod in_force;
pub mod loaded;
pub mod page;
pub mod raw;
pub mod readings;
pub mod sensors;
pub mod service;
pub mod settled;

pub use page::{Page, PageRequest};
