//! The test servers, tested.

mod postgres;
