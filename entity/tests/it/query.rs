//! What the API asks.

mod loaded;
mod percentiles;
mod readings;
mod scope;
mod search;
mod sensors;
mod service;
mod spans;
