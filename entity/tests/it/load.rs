//! The loader's transaction.

mod books;
mod readings;
mod readings_model;
mod sensors;
