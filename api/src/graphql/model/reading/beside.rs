//! What stands beside a reading: other values, why it is flagged, and what doubts it.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use catalogue::quality;
use entity::QualityFlag as Flag;
use entity::query::conflicts::OtherValue as OtherRow;
use entity::query::doubts::Doubt;
use entity::query::raw::MessageKey;
use entity::query::sensors::Range;

use crate::graphql::batch::Raw;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::quality::QualityTest;
use crate::graphql::model::{QualityFlag, RawMessage};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// A value that contradicts the one that is served.
#[derive(Debug, Clone)]
pub(crate) struct OtherValue {
    pub(super) row: OtherRow,
    /// The sensor's source.
    pub(super) source: String,
}

/// Another value that was received for the same sensor and time. Which of them is served is a setting of the source: the first
/// received or the latest; each different value is kept once.
#[Object]
impl OtherValue {
    /// The value, in the sensor's declared unit.
    async fn value(&self) -> f64 {
        self.row.value
    }

    /// When Fieldbook received it.
    async fn received_at(&self) -> DateTime {
        DateTime(self.row.receipt.received_at)
    }

    /// The verdict of the ingest's tests on it.
    async fn flag(&self) -> QualityFlag {
        self.row.flag.into()
    }

    /// The raw message that it came in, from the object store, within the bounds of `Reading.raw`.
    async fn raw(&self, ctx: &Context<'_>) -> Nullable<RawMessage> {
        let receipt = &self.row.receipt;
        let key = MessageKey {
            journal_id: receipt.journal_id,
            seq: receipt.seq,
        };
        let found: Result<_, ApiError> = ctx.loaders().load_one(key).await;
        let shown = |raw: Arc<Raw>| RawMessage::new(self.source.clone(), DateTime(receipt.received_at), &raw);
        found.map(|raw| raw.map(shown)).transpose()
    }
}

/// A later test that doubts or refuses a reading; what ingest found stands in `flag`.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct ReadingDoubt {
    /// Which test.
    test: QualityTest,
    /// `SUSPECT` or `FAIL`.
    flag: QualityFlag,
    /// The version of the thresholds that it was tested by.
    rule_version: f64,
}

impl ReadingDoubt {
    /// `None` for a test that this program does not know.
    #[expect(clippy::cast_precision_loss, reason = "versions stay far below 2^53")]
    pub(super) fn new(doubt: &Doubt) -> Option<Self> {
        let test = quality::Test::ALL
            .into_iter()
            .find(|test| test.as_str() == doubt.test)?;
        Some(Self {
            test: test.into(),
            flag: doubt.flag.into(),
            rule_version: doubt.rule_version as f64,
        })
    }
}

/// Why a value has its flag, by the range that was in force when it came; `None` where it passed.
pub(super) fn reason(flag: Flag, value: f64, range: Option<Range>) -> Option<String> {
    let Range { min, max } = range.unwrap_or_default();
    let reason = match flag {
        Flag::Pass => return None,
        Flag::Fail => match (min, max) {
            (_, Some(max)) if value > max => {
                format!(
                    "{} is above {}, the highest that the sensor reports",
                    number(value),
                    number(max)
                )
            }
            (Some(min), _) if value < min => {
                format!(
                    "{} is below {}, the lowest that the sensor reports",
                    number(value),
                    number(min)
                )
            }
            _ => format!(
                "{} was outside of what the sensor reports when it came; that range is not known any more",
                number(value)
            ),
        },
        Flag::NotEvaluated => {
            "it was not tested: nobody had declared what the sensor reports when it came".to_owned()
        }
        Flag::Suspect => "it was doubted when it came".to_owned(),
        Flag::Missing => "its message had no value for it".to_owned(),
    };
    Some(reason)
}

/// As short as it can be said: never a row of zeros.
fn number(value: f64) -> String {
    if value != 0.0 && !(1e-6..1e16).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_which_bound_a_value_crossed() {
        let range = |min, max| Some(Range { min, max });
        let failed = |value, range| reason(Flag::Fail, value, range).unwrap();
        assert_eq!(
            failed(45.3, range(Some(0.0), Some(45.0))),
            "45.3 is above 45, the highest that the sensor reports"
        );
        assert_eq!(
            failed(-0.5, range(Some(0.0), None)),
            "-0.5 is below 0, the lowest that the sensor reports"
        );
        assert_eq!(
            failed(1e300, range(None, Some(1e20))),
            "1e300 is above 1e20, the highest that the sensor reports"
        );
        for unknown in [None, range(None, None), range(Some(0.0), Some(100.0))] {
            assert!(failed(45.3, unknown).contains("not known any more"));
        }
        assert_eq!(reason(Flag::Pass, 1.0, None), None);
        assert!(
            reason(Flag::NotEvaluated, 1.0, None)
                .unwrap()
                .contains("nobody had declared")
        );
    }
}
