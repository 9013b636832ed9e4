//! What the API asks.

mod readings;
mod scope;
mod sensors;
mod service;
