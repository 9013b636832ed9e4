//! Datasets: what Fieldbook keeps, under the names people ask for, and how good it is.

pub mod dataset;
pub mod model;
pub mod quality;

pub use crate::dataset::{DATASETS, Dataset};
