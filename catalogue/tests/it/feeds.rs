//! The feeds: agreed with each other over any model, and accepted by validators that nobody here wrote.

mod agreement;
mod database;
mod models;
mod read;
mod strategies;
mod validators;
