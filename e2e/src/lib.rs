//! Tests that use only public surfaces.
