//! What the API asks.

mod loaded;
mod readings;
mod sensors;
mod service;
