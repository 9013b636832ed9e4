//! Datasets: what Fieldbook keeps, under the names people ask for, and the feeds that say so.

pub mod dataset;
pub mod feeds;
pub mod model;

pub use crate::dataset::{DATASETS, Dataset};
