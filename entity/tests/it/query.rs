//! What the API asks.

mod percentiles;
mod readings;
mod scope;
mod sensors;
mod service;
