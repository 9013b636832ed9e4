//! A target of cargo-fuzz. Its body stands apart, so that an ordinary test runs it too.

#![no_main]

#[path = "../bodies/cursor.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
