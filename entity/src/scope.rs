//! What an asker may see. Every query takes one, from the first day on.
//!
//! A limited asker's limits (types, labels) are resolved into sensors once, at the start of its request
//! ([`keys::scope_of`](crate::keys::scope_of)), and every query of the request works within those: so no statement has to
//! know what a limit is, and an answer is of one piece (docs/adr/0008).

use std::sync::Arc;

/// The part of the data that an asker may see; a query answers as if the rest did not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every sensor and reading.
    Everything,
    /// No sensor and no reading.
    Nothing,
    /// These sensors, by internal key in ascending order, and their readings. Made by [`Scope::of_sensors`].
    Sensors(Arc<[i32]>),
}

impl Scope {
    /// These sensors and their readings.
    pub fn of_sensors(mut ids: Vec<i32>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            Self::Nothing
        } else {
            Self::Sensors(ids.into())
        }
    }

    /// Whether some sensors may lie outside.
    pub fn is_limited(&self) -> bool {
        self.sensors_count().is_some()
    }

    /// How many sensors it is limited to; `None` where it is not.
    pub fn sensors_count(&self) -> Option<usize> {
        match self {
            Self::Everything => None,
            Self::Nothing => Some(0),
            Self::Sensors(sensors) => Some(sensors.len()),
        }
    }

    /// Whether a sensor, by internal key, lies within.
    pub fn sees(&self, sensor: i32) -> bool {
        match self {
            Self::Everything => true,
            Self::Nothing => false,
            Self::Sensors(sensors) => sensors.binary_search(&sensor).is_ok(),
        }
    }

    /// Hands over bytes that tell it from every other scope, for a fingerprint.
    pub fn spell(&self, mut write: impl FnMut(&[u8])) {
        match self {
            Self::Everything => write(&[0]),
            Self::Nothing => write(&[1]),
            Self::Sensors(sensors) => {
                write(&[2]);
                write(&(sensors.len() as u64).to_le_bytes());
                for sensor in sensors.iter() {
                    write(&sensor.to_le_bytes());
                }
            }
        }
    }

    /// What a question about `asked` sensors, or about all of them, reaches.
    pub(crate) fn reach(&self, asked: Option<&[i32]>) -> Reach {
        let sensors = match (self, asked) {
            (Self::Nothing, _) => return Reach::Nothing,
            (Self::Everything, None) => return Reach::Everything,
            (Self::Sensors(visible), None) => visible.to_vec(),
            (Self::Everything, Some(asked)) => sorted(asked.iter().copied()),
            (Self::Sensors(visible), Some(asked)) => {
                let is_visible = |id: &i32| visible.binary_search(id).is_ok();
                sorted(asked.iter().copied().filter(is_visible))
            }
        };
        if sensors.is_empty() {
            Reach::Nothing
        } else {
            Reach::Sensors(sensors)
        }
    }

    /// The sensors among `asked` that are within, each once, ascending; `None` when there are none.
    pub(crate) fn among(&self, asked: &[i32]) -> Option<Vec<i32>> {
        match self.reach(Some(asked)) {
            Reach::Sensors(sensors) => Some(sensors),
            Reach::Nothing | Reach::Everything => None,
        }
    }
}

/// What a question reaches of what its asker may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nothing: there is no need to ask the database.
    Nothing,
    /// Every sensor.
    Everything,
    /// These sensors, each once, ascending; never none.
    Sensors(Vec<i32>),
}

fn sorted(ids: impl Iterator<Item = i32>) -> Vec<i32> {
    let mut ids: Vec<i32> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_reaches_what_is_asked_for_and_within() {
        let some = Scope::of_sensors(vec![7, 3, 5, 3]);
        assert_eq!(some.reach(None), Reach::Sensors(vec![3, 5, 7]));
        assert_eq!(some.reach(Some(&[9, 7, 3, 7, -1])), Reach::Sensors(vec![3, 7]));
        assert_eq!(some.reach(Some(&[4])), Reach::Nothing);
        assert_eq!(some.reach(Some(&[])), Reach::Nothing);
        assert_eq!(Scope::Everything.reach(None), Reach::Everything);
        assert_eq!(
            Scope::Everything.reach(Some(&[2, 1, 2])),
            Reach::Sensors(vec![1, 2])
        );
        assert_eq!(Scope::Nothing.reach(None), Reach::Nothing);
        assert_eq!(Scope::Nothing.reach(Some(&[1])), Reach::Nothing);
    }

    #[test]
    fn scopes_that_differ_are_spelled_differently() {
        let spelled = |scope: &Scope| {
            let mut bytes = Vec::new();
            scope.spell(|more| bytes.extend_from_slice(more));
            bytes
        };
        let scopes = [
            Scope::Everything,
            Scope::Nothing,
            Scope::of_sensors(vec![1]),
            Scope::of_sensors(vec![2]),
            Scope::of_sensors(vec![1, 2]),
            Scope::of_sensors(vec![-1, 256]),
        ];
        for (at, scope) in scopes.iter().enumerate() {
            for (other_at, other) in scopes.iter().enumerate() {
                assert_eq!(spelled(scope) == spelled(other), at == other_at);
            }
        }
    }

    #[test]
    fn no_sensor_is_nothing() {
        assert_eq!(Scope::of_sensors(Vec::new()), Scope::Nothing);
        assert_eq!(Scope::Nothing.sensors_count(), Some(0));
        assert_eq!(Scope::of_sensors(vec![1, 1]).sensors_count(), Some(1));
        assert!(!Scope::Everything.is_limited() && Scope::Nothing.is_limited());
    }
}
