//! What the catalogue publishes, held against the standards that it names and against itself.

mod feeds;
