//! The crate's claims, on a real PostgreSQL and on a real TimescaleDB, with a real receiver of webhooks.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]
#![expect(clippy::too_many_lines, reason = "a claim's steps stand in their order")]

mod freshness;
mod incidents;
mod support;
mod webhooks;
