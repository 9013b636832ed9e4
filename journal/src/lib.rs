//! The durable log of opaque records.
