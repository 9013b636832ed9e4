//! The ingestor against real neighbours that go away and come back.

mod copies;
mod fuzz;
mod harness;
mod outages;
mod replay;
mod rollups;
mod sessions;
