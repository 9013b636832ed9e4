//! Tests that use only public surfaces; see `tests/it`.
