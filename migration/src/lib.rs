//! The database's schema, forward and back.
