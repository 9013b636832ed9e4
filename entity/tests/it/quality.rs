//! What quality is computed from.

mod samples;
