//! What the API asks.

mod percentiles;
mod readings;
mod sensors;
mod service;
