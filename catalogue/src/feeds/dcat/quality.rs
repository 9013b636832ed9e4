//! Measurements of quality in DQV. What does not apply has none: a number there would be a lie.

use super::{Drawing, words};
use crate::feeds::rdf::{DQV, PROV, RDFS, SKOS, XSD};
use crate::model::{Dataset, Dimension, Measured, Verdict};

/// The dimensions of the W3C's note on linked data.
const LDQD: &str = "http://www.w3.org/2016/05/ldqd#";

/// A measurement before it is written.
struct Measurement<'a> {
    name: String,
    dimension: Dimension,
    definition: &'a str,
    value: String,
    datatype: &'static str,
    comment: String,
    at: chrono::DateTime<chrono::Utc>,
}

impl Drawing<'_> {
    pub(super) fn of_quality(&mut self, dataset: &Dataset) {
        self.of_freshness(dataset);
        for (place, measured) in dataset.quality.iter().enumerate() {
            let Some(value) = measured.value.filter(|value| value.is_finite()) else {
                continue;
            };
            let before = &dataset.quality[..place];
            let same = before
                .iter()
                .filter(|other| other.dimension == measured.dimension);
            let name = match same.count() {
                0 => measured.dimension.as_str().to_owned(),
                earlier => format!("{}-{}", measured.dimension.as_str(), earlier + 1),
            };
            self.measurement(
                dataset,
                &Measurement {
                    name,
                    dimension: measured.dimension,
                    definition: &measured.formula,
                    value: value.to_string(),
                    datatype: "double",
                    comment: comment(measured),
                    at: measured.computed_at,
                },
            );
        }
    }

    /// The verdict is a word, so that what is not known can be said; the age a number, where there is one.
    fn of_freshness(&mut self, dataset: &Dataset) {
        let freshness = &dataset.freshness;
        let comment = match freshness.newest_at {
            Some(newest) => format!("The newest is of {}.", words::instant(newest)),
            None => "There is no newest one.".to_owned(),
        };
        self.measurement(
            dataset,
            &Measurement {
                name: "freshness".to_owned(),
                dimension: Dimension::Timeliness,
                definition: "FRESH, LATE or STALE by the age of the newest; NO_DATA where there is none, \
                             NO_EXPECTATION where nothing says how often it should come, UNKNOWN where it could not \
                             be found out.",
                value: freshness.status.as_str().to_owned(),
                datatype: "string",
                comment: comment.clone(),
                at: freshness.checked_at,
            },
        );
        if let Some(age) = freshness.age_seconds.filter(|age| age.is_finite()) {
            self.measurement(
                dataset,
                &Measurement {
                    name: "age".to_owned(),
                    dimension: Dimension::Timeliness,
                    definition: "The seconds from the newest to the check.",
                    value: age.to_string(),
                    datatype: "double",
                    comment,
                    at: freshness.checked_at,
                },
            );
        }
    }

    fn measurement(&mut self, dataset: &Dataset, measurement: &Measurement<'_>) {
        let Self { address, .. } = *self;
        let Measurement { name, dimension, .. } = measurement;
        let of = address.dataset(&dataset.slug);
        let iri = address.of_dataset(&dataset.slug, &format!("measured-{name}"));
        let metric = address.of_dataset(&dataset.slug, &format!("metric-{name}"));
        let dimension_iri = address.of_catalogue(&format!("dimension-{}", dimension.as_str()));
        self.graph.about(&of).link(DQV, "hasQualityMeasurement", &iri);
        self.graph
            .about(&iri)
            .is(DQV, "QualityMeasurement")
            .link(DQV, "computedOn", &of)
            .link(DQV, "isMeasurementOf", &metric)
            .value(DQV, "value", &measurement.value, measurement.datatype)
            .at(PROV, "generatedAtTime", measurement.at)
            .text(RDFS, "comment", &measurement.comment);
        self.graph
            .about(&metric)
            .is(DQV, "Metric")
            .text(SKOS, "definition", measurement.definition)
            .link(DQV, "expectedDataType", XSD.term(measurement.datatype).as_str())
            .link(DQV, "inDimension", &dimension_iri);
        let (label, like, iso) = names(*dimension);
        self.graph
            .about(&dimension_iri)
            .is(DQV, "Dimension")
            .is(SKOS, "Concept")
            .text(SKOS, "prefLabel", label)
            .text(SKOS, "scopeNote", &format!("ISO/IEC 25012: {iso}"))
            .link(SKOS, "closeMatch", &format!("{LDQD}{like}"));
    }
}

/// What was counted, when, and what that means.
fn comment(measured: &Measured) -> String {
    let verdict = match measured.verdict {
        Verdict::NotApplicable => "nothing to judge by",
        Verdict::Pass => "pass",
        Verdict::Warn => "warning",
        Verdict::Fail => "fail",
    };
    format!(
        "{} of {} from {} to {}: {verdict}.",
        measured.numerator,
        measured.denominator,
        words::instant(measured.from),
        words::instant(measured.to)
    )
}

/// A dimension for people, its like among those of linked data, and the characteristic of ISO/IEC 25012.
fn names(dimension: Dimension) -> (&'static str, &'static str, &'static str) {
    match dimension {
        Dimension::Completeness => ("Completeness", "completeness", "completeness"),
        Dimension::Timeliness => ("Timeliness", "timeliness", "currentness"),
        Dimension::Validity => ("Validity", "semanticAccuracy", "accuracy"),
        Dimension::Uniqueness => ("Uniqueness", "conciseness", "consistency"),
        Dimension::Conformity => ("Conformity", "syntacticValidity", "consistency"),
        Dimension::Coverage => ("Coverage", "completeness", "completeness"),
        Dimension::Plausibility => ("Plausibility", "semanticAccuracy", "credibility"),
        Dimension::Consistency => ("Consistency", "consistency", "traceability"),
    }
}
