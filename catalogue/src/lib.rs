//! Datasets: what Fieldbook keeps, under the names people ask for.

pub mod dataset;
pub mod model;

pub use crate::dataset::{DATASETS, Dataset};
