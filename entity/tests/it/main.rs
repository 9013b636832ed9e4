//! The crate's claims, on a real PostgreSQL and on a real TimescaleDB.

mod connect;
mod load;
mod query;
mod support;
