//! Datasets: what Fieldbook keeps, under the names people ask for; how fresh they are, and who is told when that changes.

pub mod dataset;
pub mod freshness;
pub mod model;
pub mod webhook;

pub use crate::dataset::{DATASETS, Dataset};
