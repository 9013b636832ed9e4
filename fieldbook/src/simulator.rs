//! A plant that does not exist: sensors whose messages look like real ones, faults included.
//!
//! A sensor's value is a function of its name and of time alone, so that the same instant sent twice has the same value: an
//! interrupted history can be sent again, and changes nothing.

mod history;
mod model;
mod publisher;

pub(crate) use history::{History, HistoryOptions};
pub(crate) use model::Plant;
pub(crate) use publisher::{Publisher, PublisherOptions};

/// The sensor list of the imagined plant.
pub(crate) const PLANT: &str = include_str!("simulator/plant.json");

/// A message in the plain format: the time without an offset is UTC.
pub(crate) fn message(name: &str, sample: &model::Sample) -> Vec<u8> {
    let time = sample.time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    serde_json::json!({"id": name, "dt": time, "value": sample.value})
        .to_string()
        .into_bytes()
}

/// Sends what the plant measures, in turns, until `count` messages are sent or the future is dropped.
///
/// `rate` is in messages a second over all sensors; 0 sends as fast as the broker takes them. Returns what was delivered.
pub(crate) async fn run(plant: &Plant, publisher: Publisher, rate: f64, count: Option<u64>) -> u64 {
    let pause = (rate > 0.0).then(|| std::time::Duration::from_secs_f64(1.0 / rate));
    let mut due = tokio::time::Instant::now();
    let mut sent = 0;
    let mut last = chrono::DateTime::<chrono::Utc>::MIN_UTC;
    for model in plant.models.iter().cycle() {
        if count.is_some_and(|count| sent >= count) {
            break;
        }
        if let Some(pause) = pause {
            due += pause;
            tokio::time::sleep_until(due).await;
        }
        // A sensor has one value at an instant, and so each message an instant of its own.
        let now = chrono::Utc::now().max(last + chrono::TimeDelta::microseconds(1));
        last = now;
        let Some(sample) = model.sample(now) else {
            // All dead would be a loop without end.
            if plant.models.iter().all(|model| model.sample(now).is_none()) {
                break;
            }
            continue;
        };
        publisher.publish(message(&model.name, &sample)).await;
        sent += 1;
    }
    publisher.finish().await
}
