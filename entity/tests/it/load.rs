//! The loader's transaction.

mod books;
mod intake;
mod readings;
mod readings_model;
mod sensors;
