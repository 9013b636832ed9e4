//! What is said of the quality of readings.

mod completeness;
mod interval;
mod invariants;
mod ioos_qc;
mod measure;
mod measurement;
mod reach;
mod rollup;
mod rules;
mod support;
mod vectors;
