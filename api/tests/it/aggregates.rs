//! `aggregates`, and the same of each sensor.

mod arguments;
mod fill;
mod groups;
mod lines;
mod selection;
mod time;
mod units;

use serde_json::Value;

use crate::world::World;

/// The buckets of the first series that a question gives.
async fn buckets(world: &World, arguments: &str, fields: &str) -> Vec<Value> {
    let data = world
        .data(&format!(
            "{{ aggregates({arguments}) {{ buckets {{ {fields} }} }} }}"
        ))
        .await;
    data["aggregates"][0]["buckets"].as_array().unwrap().clone()
}

/// One field of each bucket.
fn column(buckets: &[Value], field: &str) -> Vec<Value> {
    buckets.iter().map(|bucket| bucket[field].clone()).collect()
}
