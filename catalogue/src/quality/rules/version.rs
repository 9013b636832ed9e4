//! The version of rules: a digest of them.
//!
//! A number that somebody counts up would need a registry, and two installations would give the same number to different
//! rules. A digest needs nobody: equal thresholds have equal versions everywhere, any change of one has another, and who
//! goes back to former thresholds is back at their version. It has no order; when it was computed says what is newer.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Rules;

/// Counted up whenever the same thresholds begin to mean something else.
const FORMULAE: u32 = 1;

/// Which rules, and which formulae, something was computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleVersion(u64);

impl RuleVersion {
    pub(super) fn of(rules: &Rules) -> Self {
        let said = serde_json::to_vec(&(FORMULAE, rules)).expect("rules are finite numbers and words");
        let digest = Sha256::digest(&said);
        let (head, _) = digest.split_first_chunk::<8>().expect("SHA-256 has 32 bytes");
        Self(u64::from_be_bytes(*head))
    }

    /// As a database's `bigint` holds it.
    pub fn to_bits(self) -> i64 {
        self.0.cast_signed()
    }

    /// From a database's `bigint`.
    pub fn from_bits(bits: i64) -> Self {
        Self(bits.cast_unsigned())
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for RuleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::{GrossRule, RateRule, SpikeMethod, SpikeRule};

    #[test]
    fn any_threshold_changes_the_version_and_the_way_back_restores_it() {
        let spike = SpikeRule {
            method: SpikeMethod::Average,
            suspect: Some(1.0),
            fail: None,
        };
        let rate = RateRule {
            suspect_per_second: Some(1.0),
            fail_per_second: None,
        };
        let gross = GrossRule {
            suspect_min: Some(1.0),
            suspect_max: None,
        };
        let base = Rules {
            spike: Some(spike),
            rate: Some(rate),
            gross: Some(gross),
            ..Rules::default()
        };
        let mut others = vec![Rules::default(); 9];
        others.fill(base.clone());
        others[0].spike = Some(SpikeRule {
            method: SpikeMethod::Differential,
            ..spike
        });
        others[1].spike = Some(SpikeRule {
            suspect: None,
            fail: Some(1.0),
            ..spike
        });
        others[2].rate = None;
        others[3].gross = Some(GrossRule {
            suspect_min: None,
            suspect_max: Some(1.0),
        });
        others[4].gap_factor = 1.6;
        others[5].late_after_seconds = 61.0;
        others[6].clock_lead_seconds = 1.000_001;
        others[7].neighbours_within_seconds = 1.0;
        others[8].thresholds.coverage.fail_below = 0.0;
        let mut versions: Vec<_> = others.iter().map(Rules::version).collect();
        versions.push(base.version());
        versions.push(Rules::default().version());
        versions.sort_unstable();
        versions.dedup();
        assert_eq!(versions.len(), 11);
        others[8].thresholds.coverage.fail_below = base.thresholds.coverage.fail_below;
        assert_eq!(others[8].version(), base.version());
    }

    #[test]
    fn the_version_of_the_defaults_is_the_same_everywhere() {
        let version = Rules::default().version();
        assert_eq!(version.to_string(), "a8a766c85fe9ccd7");
        assert_eq!(RuleVersion::from_bits(version.to_bits()), version);
    }
}
