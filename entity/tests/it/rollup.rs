//! Rollups: exact at every instant, whoever loads, refreshes or dies.

mod exactness;
mod model;
mod refreshing;
mod together;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::rollup::RefreshOptions;

/// The beginning of these tests' time: long over, so that every bucket is.
fn start() -> DateTime<Utc> {
    "2024-03-30T00:00:00Z".parse().unwrap()
}

fn second(second: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(second)
}

/// Computes what is noted at once.
fn at_once() -> RefreshOptions {
    RefreshOptions {
        minute_patience: Duration::ZERO,
        hour_patience: Duration::ZERO,
        day_patience: Duration::ZERO,
        ..RefreshOptions::default()
    }
}
