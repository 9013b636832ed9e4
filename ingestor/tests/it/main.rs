//! The ingestor against real neighbours that go away and come back.

mod harness;
mod outages;
mod rollups;
mod sessions;
