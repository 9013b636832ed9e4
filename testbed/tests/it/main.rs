//! The test servers, tested.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod parts;
mod postgres;
mod timescale;
