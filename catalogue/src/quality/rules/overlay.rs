//! Rules over rules: what stewards set over what the file says.

use std::collections::BTreeMap;

use super::{PartialRules, RuleSet};

impl RuleSet {
    /// These rules with `over` above them, each level for itself: what is said for everything over what is said for
    /// everything, a type's over that type's, a sensor's over that sensor's. So what the file says of one sensor is still
    /// over what a steward says for everything.
    #[must_use]
    pub fn overlaid(&self, over: &Self) -> Self {
        Self {
            default: over.default.over(&self.default),
            by_type: overlaid(&self.by_type, &over.by_type),
            by_sensor: overlaid(&self.by_sensor, &over.by_sensor),
        }
    }
}

fn overlaid(
    under: &BTreeMap<String, PartialRules>,
    over: &BTreeMap<String, PartialRules>,
) -> BTreeMap<String, PartialRules> {
    let mut merged = under.clone();
    for (name, rules) in over {
        let general = under.get(name).cloned().unwrap_or_default();
        merged.insert(name.clone(), rules.over(&general));
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_lies_over_its_own() {
        let file = RuleSet::from_toml(
            "[default]\nlate_after_seconds = 10\ngap_factor = 2\n\
             [by_type.flow.spike]\nsuspect = 1\nfail = 5\n\
             [by_sensor.a]\ngap_factor = 3\n",
        )
        .unwrap();
        let stewards = RuleSet::from_toml(
            "[default]\ngap_factor = 4\n[by_type.flow.spike]\nfail = 9\n[by_type.level]\ngap_factor = 5\n\
             [by_sensor.b]\nclock_lead_seconds = 7\n",
        )
        .unwrap();
        let merged = file.overlaid(&stewards);
        let rules = |kind, names: &[&str]| merged.rules(kind, names).unwrap();
        let other = rules(None, &[]);
        assert_eq!((other.gap_factor, other.late_after_seconds), (4.0, 10.0));
        let spike = rules(Some("flow"), &[]).spike.unwrap();
        assert_eq!((spike.suspect, spike.fail), (Some(1.0), Some(9.0)));
        let level = rules(Some("level"), &[]).gap_factor;
        // The file's word for the sensor is over the steward's for everything.
        let of_file = rules(None, &["a"]).gap_factor;
        let of_steward = rules(None, &["b"]).clock_lead_seconds;
        assert_eq!((level, of_file, of_steward), (5.0, 3.0, 7.0));
        assert_eq!(file.overlaid(&RuleSet::default()), file);
    }
}
