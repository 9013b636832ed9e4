//! The API through its public surface: a real listener, a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod access;
mod access_requests;
mod aggregates;
mod bad_input;
mod batching;
mod caching;
mod catalogue;
mod clients;
mod contract;
mod errors;
mod export;
mod fast_lists;
mod flat_rows;
mod fuzz;
mod health;
mod hostile;
mod keys;
mod latest;
mod leaving;
mod limits;
mod live;
mod odata;
mod oidc;
mod own_keys;
mod playground;
mod quality;
mod quarantine;
mod rates;
mod raw;
mod readings;
mod rest;
mod rest_aggregates;
mod schema_changes;
mod scopes;
mod search;
mod sensor_versions;
mod sensors;
mod series;
mod service;
mod shutdown;
mod sign_in;
mod stewards;
mod transport;
mod world;
