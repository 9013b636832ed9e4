//! The test servers, tested.

mod parts;
mod postgres;
mod timescale;
