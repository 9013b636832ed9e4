//! What the API asks.

mod loaded;
mod percentiles;
mod readings;
mod scope;
mod sensors;
mod service;
