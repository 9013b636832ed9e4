//! The test servers, tested.

mod postgres;
mod timescale;
