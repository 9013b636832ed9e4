//! The ingestor against real neighbours that go away and come back.

#![expect(
    clippy::too_many_lines,
    reason = "what is made, done and found stands in one place"
)]

mod copies;
mod fuzz;
mod harness;
mod history;
mod outages;
mod replay;
mod restore;
mod rollups;
mod sessions;
