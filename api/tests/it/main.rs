//! The API through its public surface: a real listener, a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod access;
mod aggregates;
mod bad_input;
mod batching;
mod contract;
mod errors;
mod flat_rows;
mod fuzz;
mod health;
mod latest;
mod limits;
mod playground;
mod readings;
mod rest;
mod rest_aggregates;
mod sensors;
mod series;
mod service;
mod shutdown;
mod transport;
mod world;
