//! What somebody may see and do, and what of it is left within somebody else's.

use super::{Role, SensorLimit};

/// What somebody may see and do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// What they are.
    pub role: Role,
    /// The datasets that are open, by slug; `None` for all.
    pub datasets: Option<Vec<String>>,
    /// The sensors that are open.
    pub sensors: SensorLimit,
}

impl Rights {
    /// What both have: never more than either.
    #[must_use]
    pub fn within(&self, bound: &Self) -> Self {
        Self {
            role: self.role.min(bound.role),
            datasets: both(self.datasets.as_deref(), bound.datasets.as_deref()),
            sensors: self.sensors.within(&bound.sensors),
        }
    }
}

impl SensorLimit {
    /// The sensors that both leave.
    #[must_use]
    pub fn within(&self, bound: &Self) -> Self {
        let mut types = both(self.types.as_deref(), bound.types.as_deref());
        let mut labels = bound.labels.clone();
        for (label, value) in &self.labels {
            let wanted = labels.entry(label.clone()).or_insert_with(|| value.clone());
            if wanted != value {
                // A sensor has each label once, so none has both values.
                types = Some(Vec::new());
            }
        }
        Self { types, labels }
    }
}

/// The words of both lists; `None` is the list of all words.
fn both(own: Option<&[String]>, bound: Option<&[String]>) -> Option<Vec<String>> {
    match (own, bound) {
        (None, None) => None,
        (Some(list), None) | (None, Some(list)) => Some(list.to_vec()),
        (Some(own), Some(bound)) => {
            let shared = own.iter().filter(|word| bound.contains(word));
            Some(shared.cloned().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words() -> impl Strategy<Value = Option<Vec<String>>> {
        prop::option::of(prop::collection::vec("[abc]", 0..4))
    }

    fn rights() -> impl Strategy<Value = Rights> {
        let roles = prop::sample::select(vec![Role::Reader, Role::Steward, Role::Admin]);
        let labels = prop::collection::btree_map("[xy]", "[12]", 0..3);
        (roles, words(), words(), labels).prop_map(|(role, datasets, types, labels)| Rights {
            role,
            datasets,
            sensors: SensorLimit { types, labels },
        })
    }

    fn opens(rights: &Rights, dataset: &str) -> bool {
        let datasets = rights.datasets.as_ref();
        datasets.is_none_or(|open| open.iter().any(|slug| slug == dataset))
    }

    /// Whether a sensor of this type with the labels `x` and `y` is left.
    fn leaves(rights: &Rights, kind: &str, x: &str, y: &str) -> bool {
        let SensorLimit { types, labels } = &rights.sensors;
        let is_of_type = types
            .as_ref()
            .is_none_or(|types| types.iter().any(|of| of == kind));
        let has = |label: &str, value: &str| labels.get(label).is_none_or(|wanted| wanted == value);
        is_of_type && has("x", x) && has("y", y)
    }

    proptest! {
        #[test]
        fn what_is_within_opens_what_both_open_and_nothing_else(own in rights(), bound in rights()) {
            let left = own.within(&bound);
            prop_assert_eq!(left.role, own.role.min(bound.role));
            for dataset in ["a", "b", "c", "d"] {
                prop_assert_eq!(opens(&left, dataset), opens(&own, dataset) && opens(&bound, dataset));
            }
            for kind in ["a", "b", "c", "d"] {
                for (x, y) in [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2"), ("3", "3")] {
                    prop_assert_eq!(
                        leaves(&left, kind, x, y),
                        leaves(&own, kind, x, y) && leaves(&bound, kind, x, y)
                    );
                }
            }
        }
    }
}
