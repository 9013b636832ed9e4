//! The crate's claims, on a real PostgreSQL and on a real TimescaleDB.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]
#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "readings are made from small counters"
)]
#![expect(clippy::float_cmp, reason = "what is stored comes back exactly")]
#![expect(clippy::too_many_lines, reason = "a claim's cases stand in one table")]

mod connect;
mod keeping;
mod keys;
mod lineage;
mod load;
mod quality;
mod query;
mod retention;
mod rollup;
mod stewardship;
mod support;
