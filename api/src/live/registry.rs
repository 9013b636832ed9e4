//! The sensors of readings, so that an event costs no statement for them.
//!
//! What is known is forgotten when a loader tells that sensors were declared or registered, when a poll or a look at what
//! nobody told of finds so, and in any case after a few seconds: an event shows no description older than that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use entity::query::loaded;
use entity::query::sensors::{self, Sensor};
use entity::{DatabaseConnection, DbErr, Scope};

/// Nothing is remembered for longer.
const AGE_MAX: Duration = Duration::from_secs(5);

/// Sensors by internal key.
#[derive(Debug)]
pub(super) struct Registry {
    db: DatabaseConnection,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    sensors: HashMap<i32, Arc<Sensor>>,
    since: Instant,
    version: (i64, i64),
    /// Grows when sensors were declared or registered.
    generation: u64,
}

impl Registry {
    pub(super) fn new(db: DatabaseConnection) -> Self {
        let known = Known {
            sensors: HashMap::new(),
            since: Instant::now(),
            version: (0, 0),
            generation: 0,
        };
        Self {
            db,
            known: Mutex::new(known),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks whether sensors were declared or registered, and forgets what is known if so.
    pub(super) async fn refresh(&self) -> Result<(), DbErr> {
        let version = loaded::sensors_version(&self.db).await?;
        let mut known = self.known();
        if known.version != version {
            known.version = version;
            known.generation += 1;
            known.sensors.clear();
        }
        Ok(())
    }

    /// A number that is another when sensors were declared or registered meanwhile.
    pub(super) fn generation(&self) -> u64 {
        self.known().generation
    }

    /// About how many sensors there are.
    pub(super) fn about(&self) -> u64 {
        self.known().version.0.max(0).cast_unsigned()
    }

    /// These sensors. The scope of an asker was looked at where their readings were chosen.
    pub(super) async fn sensors(&self, ids: &[i32]) -> Result<HashMap<i32, Arc<Sensor>>, DbErr> {
        let (mut found, missing, generation) = {
            let mut known = self.known();
            if known.since.elapsed() > AGE_MAX {
                known.sensors.clear();
                known.since = Instant::now();
            }
            let mut found = HashMap::with_capacity(ids.len());
            let mut missing = Vec::new();
            for id in ids {
                match known.sensors.get(id) {
                    Some(sensor) => drop(found.insert(*id, Arc::clone(sensor))),
                    None => missing.push(*id),
                }
            }
            (found, missing, known.generation)
        };
        if missing.is_empty() {
            return Ok(found);
        }
        let read = sensors::by_ids(&self.db, &Scope::Everything, &missing).await?;
        let read: Vec<_> = read
            .into_iter()
            .map(|sensor| (sensor.id, Arc::new(sensor)))
            .collect();
        let mut known = self.known();
        // What was read before a change must not be remembered behind it.
        if known.generation == generation {
            known.sensors.extend(read.iter().cloned());
        }
        found.extend(read);
        Ok(found)
    }
}
