//! What the API asks.

mod readings;
mod sensors;
mod service;
