//! The domain's words as types, and every query against Fieldbook's tables.
//!
//! [`load`] writes, in the loader's transactions; [`rollup`] follows with what they amount to; [`query`] reads, each query
//! within a [`Scope`]; [`lineage`] adds up what became of it all; [`freshness`], [`incidents`], [`intervals`],
//! [`measurements`], [`releases`] and [`webhooks`] have what the catalogue keeps, written by one process at a time
//! ([`keeping`]); [`stewardship`] and [`announcements`] have what stewards write; [`quality`] has what the quality of sensors
//! is computed from; [`retention`] says how long what is kept, and deletes what is older; [`quarantine`] has what was set aside, and who wants it tried again; [`keys`] says who has which,
//! [`subjects`] what an issuer said of whom, [`sessions`] who is signed in, and [`access_requests`] who wants to see more;
//! [`table`] has the tables as SeaORM entities; [`bucket`] cuts time. Nothing
//! here knows MQTT, S3, HTTP or GraphQL.

pub mod access_requests;
pub mod announcements;
pub mod bucket;
pub mod connect;
pub mod flag;
pub mod freshness;
pub mod incidents;
pub mod intervals;
pub mod keeping;
pub mod keys;
pub mod lineage;
pub mod load;
pub mod measurements;
pub mod quality;
pub mod quarantine;
pub mod query;
pub mod releases;
pub mod retention;
pub mod rollup;
pub mod scope;
pub mod sessions;
mod sql;
pub mod stewardship;
pub mod subjects;
pub mod table;
pub mod unit;
pub mod visibility;
pub mod webhooks;

pub use crate::bucket::{BucketSize, Bucketing, Zone};
pub use crate::connect::{ConnectError, ConnectOptions, connect, connect_lazy, reach};
pub use crate::flag::{FlagSet, QualityFlag};
pub use crate::scope::Scope;
pub use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
