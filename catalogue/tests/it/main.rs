//! The crate's claims: pure parts against vectors, oracles and validators that nobody here wrote; the others on a real
//! PostgreSQL and on a real TimescaleDB, with a real receiver of webhooks.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "readings are made from small counters"
)]
#![expect(clippy::float_cmp, reason = "what is counted comes out exactly")]
#![expect(clippy::too_many_lines, reason = "a claim's cases stand in one table")]

mod evaluator;
mod feeds;
mod freshness;
mod incidents;
mod lineage;
mod quality;
mod support;
mod webhooks;
