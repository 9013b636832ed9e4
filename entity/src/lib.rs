//! The domain's words as types, and every query against Fieldbook's tables.

pub mod connect;
pub mod flag;
pub mod load;
pub mod query;
pub mod scope;
pub mod table;
pub mod unit;

pub use crate::connect::{ConnectError, ConnectOptions, connect};
pub use crate::flag::QualityFlag;
pub use crate::scope::Scope;
pub use sea_orm::{DatabaseConnection, DbErr};
