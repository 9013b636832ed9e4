//! Sensor lists: what a JSON file declares of sensors.
//!
//! ```json
//! {"Sensor 1": {"lat": 10, "lng": 10, "unit": "C", "type": "temperature", "range": [0, 45], "description": "Main Entrance"}}
//! ```
//!
//! The key is the sensor's name, verbatim. Each member may be left out or null. Besides those above: `labels`, an object
//! of texts (site, plant, customer, …), and `interval`, the seconds between two readings. A member that is not known is
//! ignored with a warning, because lists come from other systems; a known one with a wrong value refuses the whole list.

mod once;

use std::collections::BTreeMap;

use entity::load::{DeclaredSensor, SENSOR_NAME_BYTES_MAX};
use entity::unit;
use serde_json::{Map, Value};

use self::once::Once;
use crate::decode::rejection::{DETAIL_CHARS, TEXT_CHARS, excerpt};

/// A list that was understood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SensorList {
    /// Its sensors, in the order of their names.
    pub sensors: Vec<DeclaredSensor>,
    /// What was ignored, a sentence each; beyond [`WARNINGS_MAX`], one for the rest of it.
    pub warnings: Vec<String>,
}

/// Why a list is refused: nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SensorListError {
    /// Not JSON, or JSON that says something twice.
    #[error("the sensor list is not JSON with each name once: {0}")]
    NotJson(String),
    /// Not an object.
    #[error(
        "the sensor list must be a JSON object with a member for each sensor, such as {{\"Sensor 1\": {{\"unit\": \"C\"}}}}"
    )]
    NotAnObject,
    /// Too long.
    #[error("the sensor list has {bytes} bytes, at most {BYTES_MAX} are accepted: split it")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// A sensor with a wrong member.
    #[error("sensor {name:?}: {member} {problem}")]
    Member {
        /// The sensor.
        name: String,
        /// The member.
        member: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}

/// A list's bytes at most: it is one record of the journal.
pub const BYTES_MAX: usize = 4 * 1024 * 1024 - 64 * 1024;

/// Warnings at most; one more says how many further ones there would be.
pub const WARNINGS_MAX: usize = 100;

const TEXT_BYTES_MAX: usize = 4096;
const MEMBERS: [&str; 8] = [
    "lat",
    "lng",
    "unit",
    "type",
    "range",
    "description",
    "labels",
    "interval",
];

/// Reads a sensor list.
pub fn parse(bytes: &[u8]) -> Result<SensorList, SensorListError> {
    if bytes.len() > BYTES_MAX {
        return Err(SensorListError::TooLarge { bytes: bytes.len() });
    }
    let Once(value) =
        serde_json::from_slice(bytes).map_err(|error| SensorListError::NotJson(error.to_string()))?;
    let Value::Object(sensors) = value else {
        return Err(SensorListError::NotAnObject);
    };
    let mut list = SensorList::default();
    let mut ignored_more = 0_usize;
    for (name, declared) in &sensors {
        let members = Members {
            name,
            declared: object(name, declared)?,
        };
        let sensor = members.sensor()?;
        // The table's own word: what it refuses would stop the loader.
        if let Some(problem) = sensor.refusal() {
            return Err(members.wrong("the declaration", format!("can't be kept: {problem}")));
        }
        list.sensors.push(sensor);
        let ignored = members
            .declared
            .keys()
            .filter(|key| !MEMBERS.contains(&key.as_str()));
        for key in ignored {
            // Names that are long and members that are many would make a hundred times the list of it.
            if list.warnings.len() < WARNINGS_MAX {
                let key = excerpt(key, TEXT_CHARS);
                list.warnings.push(format!(
                    "sensor {name:?}: the member {key:?} is not known and is ignored"
                ));
            } else {
                ignored_more += 1;
            }
        }
    }
    if ignored_more > 0 {
        list.warnings.push(format!(
            "{ignored_more} more members are not known and are ignored"
        ));
    }
    Ok(list)
}

fn object<'a>(name: &str, declared: &'a Value) -> Result<&'a Map<String, Value>, SensorListError> {
    let wrong = |member, problem: &str| SensorListError::Member {
        name: excerpt(name, DETAIL_CHARS),
        member,
        problem: problem.to_owned(),
    };
    if name.trim().is_empty() {
        return Err(wrong("the name", "is empty"));
    }
    if name.len() > SENSOR_NAME_BYTES_MAX {
        return Err(wrong(
            "the name",
            &format!(
                "has {} bytes, at most {SENSOR_NAME_BYTES_MAX} are accepted",
                name.len()
            ),
        ));
    }
    if name.contains('\0') {
        return Err(wrong("the name", "holds the character NUL, which no name may"));
    }
    declared
        .as_object()
        .ok_or_else(|| wrong("the declaration", "must be a JSON object"))
}

struct Members<'a> {
    name: &'a str,
    declared: &'a Map<String, Value>,
}

impl Members<'_> {
    fn sensor(&self) -> Result<DeclaredSensor, SensorListError> {
        let kind = self.text("type")?;
        let unit = self.text("unit")?;
        let (range_min, range_max) = self.range()?;
        let (lat, lng) = (self.degrees("lat", 90.0)?, self.degrees("lng", 180.0)?);
        if lat.is_some() != lng.is_some() {
            return Err(self.wrong("lat and lng", "go together: give both or none"));
        }
        Ok(DeclaredSensor {
            name: self.name.to_owned(),
            unit_meaning: unit
                .as_deref()
                .and_then(|unit| unit::meaning(unit, kind.as_deref())),
            kind,
            unit,
            description: self.text("description")?,
            lat,
            lng,
            range_min,
            range_max,
            labels: self.labels()?,
            expected_interval_seconds: self.interval()?,
        })
    }

    fn get(&self, member: &str) -> Option<&Value> {
        self.declared.get(member).filter(|value| !value.is_null())
    }

    fn wrong(&self, member: &'static str, problem: impl Into<String>) -> SensorListError {
        SensorListError::Member {
            name: self.name.to_owned(),
            member,
            // It repeats the value, which may be most of the list.
            problem: excerpt(&problem.into(), DETAIL_CHARS),
        }
    }

    fn text(&self, member: &'static str) -> Result<Option<String>, SensorListError> {
        self.get(member)
            .map(|value| {
                let text = value
                    .as_str()
                    .ok_or_else(|| self.wrong(member, format!("must be text, not {value}")))?;
                self.check_text(member, text)
            })
            .transpose()
    }

    fn check_text(&self, member: &'static str, text: &str) -> Result<String, SensorListError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(self.wrong(
                member,
                format!("has {} bytes, at most {TEXT_BYTES_MAX} are accepted", text.len()),
            ));
        }
        if text.contains('\0') {
            return Err(self.wrong(member, "holds the character NUL, which no text may"));
        }
        Ok(text.to_owned())
    }

    fn number(&self, member: &'static str, value: &Value) -> Result<f64, SensorListError> {
        value
            .as_f64()
            .ok_or_else(|| self.wrong(member, format!("must be a number, not {value}")))
    }

    fn degrees(&self, member: &'static str, most: f64) -> Result<Option<f64>, SensorListError> {
        let Some(value) = self.get(member) else {
            return Ok(None);
        };
        let degrees = self.number(member, value)?;
        if degrees.abs() > most {
            return Err(self.wrong(
                member,
                format!("is {degrees}, degrees from -{most} to {most} are expected"),
            ));
        }
        Ok(Some(degrees))
    }

    fn range(&self) -> Result<(Option<f64>, Option<f64>), SensorListError> {
        let Some(value) = self.get("range") else {
            return Ok((None, None));
        };
        let Some([min, max]) = value.as_array().map(Vec::as_slice) else {
            return Err(self.wrong("range", format!("must be [lowest, highest], not {value}")));
        };
        let bound = |value: &Value| {
            if value.is_null() {
                Ok(None)
            } else {
                self.number("range", value).map(Some)
            }
        };
        let (min, max) = (bound(min)?, bound(max)?);
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            return Err(self.wrong("range", format!("is [{min}, {max}]: the lowest comes first")));
        }
        Ok((min, max))
    }

    fn labels(&self) -> Result<BTreeMap<String, String>, SensorListError> {
        let Some(value) = self.get("labels") else {
            return Ok(BTreeMap::new());
        };
        let members = value
            .as_object()
            .ok_or_else(|| self.wrong("labels", "must be an object of texts"))?;
        members
            .iter()
            .map(|(key, value)| {
                let text = value
                    .as_str()
                    .ok_or_else(|| self.wrong("labels", format!("{key:?} must be text, not {value}")))?;
                Ok((self.check_text("labels", key)?, self.check_text("labels", text)?))
            })
            .collect()
    }

    fn interval(&self) -> Result<Option<f64>, SensorListError> {
        let Some(value) = self.get("interval") else {
            return Ok(None);
        };
        let seconds = self.number("interval", value)?;
        if seconds <= 0.0 {
            return Err(self.wrong("interval", format!("is {seconds}, seconds above 0 are expected")));
        }
        Ok(Some(seconds))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_plain_list_is_understood_and_its_unit_with_it() {
        let list = parse(
            br#"{"Sensor 2": {"lat": 90, "lng": 90, "unit": "C", "type": "temperature", "range": [0, 45], "description": "Kitchen"}}"#,
        )
        .expect("a list");
        let [sensor] = list.sensors.as_slice() else {
            panic!("one sensor: {list:?}")
        };
        assert_eq!(
            (sensor.name.as_str(), sensor.lat, sensor.range_max),
            ("Sensor 2", Some(90.0), Some(45.0))
        );
        assert_eq!(sensor.unit_meaning.as_ref().map(|unit| unit.ucum), Some("Cel"));
        assert!(list.warnings.is_empty());
    }

    #[test]
    fn members_may_be_missing_or_null_and_unknown_ones_are_told() {
        let list =
            parse(br#"{"a": {}, "b": {"unit": null, "range": [null, 5], "lattitude": 3}}"#).expect("a list");
        assert_eq!(list.sensors[1].range_min, None);
        assert_eq!(list.sensors[1].range_max, Some(5.0));
        assert_eq!(list.warnings.len(), 1);
        assert!(list.warnings[0].contains("lattitude"), "{:?}", list.warnings);
    }

    #[test]
    fn a_wrong_member_refuses_the_list_and_says_what_would_be_right() {
        for (list, words) in [
            ("nonsense", "not JSON"),
            (r#"{"a": {}, "b": {}, "a": {}}"#, "\"a\" is there twice"),
            (
                r#"{"a": {"lat": 5, "lng": 0, "lat": 6}}"#,
                "\"lat\" is there twice",
            ),
            (
                r#"{"a": {"labels": {"site": "x", "site": "y"}}}"#,
                "\"site\" is there twice",
            ),
            ("[]", "JSON object"),
            (r#"{"": {}}"#, "empty"),
            (r#"{"a": 5}"#, "JSON object"),
            (r#"{"a": {"lat": 91, "lng": 0}}"#, "-90 to 90"),
            (r#"{"a": {"lat": 5}}"#, "go together"),
            (r#"{"a": {"lat": "x", "lng": 0}}"#, "must be a number"),
            (r#"{"a": {"range": [5, 1]}}"#, "lowest comes first"),
            (r#"{"a": {"range": 5}}"#, "[lowest, highest]"),
            (r#"{"a": {"unit": 5}}"#, "must be text"),
            (r#"{"a": {"labels": {"site": 5}}}"#, "must be text"),
            (r#"{"a": {"interval": 0}}"#, "above 0"),
            (r#"{"a": {"description": "a\u0000b"}}"#, "NUL"),
        ] {
            let error = parse(list.as_bytes()).expect_err(list);
            assert!(error.to_string().contains(words), "{list}: {error}");
        }
    }

    #[test]
    fn what_is_said_of_a_list_is_short_however_long_it_is() {
        let long = "x".repeat(1 << 20);
        for list in [
            format!(r#"{{"a": {{"unit": ["{long}"]}}}}"#),
            format!(r#"{{"a": {{"range": "{long}"}}}}"#),
            format!(r#"{{"a": {{"labels": {{"{long}": "{long}"}}}}}}"#),
            format!(r#"{{"{long}": {{}}}}"#),
            format!(r#"{{"{long}": {{}}, "{long}": {{}}}}"#),
        ] {
            let error = parse(list.as_bytes()).expect_err("wrong").to_string();
            assert!(error.len() < 3000, "{} bytes", error.len());
        }
        let members: Vec<_> = (0..100_000).map(|at| format!("\"{at}\":1")).collect();
        let name = "x".repeat(SENSOR_NAME_BYTES_MAX);
        let list = parse(format!(r#"{{"{name}": {{{}}}}}"#, members.join(",")).as_bytes()).expect("a list");
        assert_eq!(list.warnings.len(), WARNINGS_MAX + 1);
        let last = list.warnings.last().expect("a warning");
        assert!(last.starts_with("99900 more"), "{last}");
    }

    /// Values as lists have them, and others.
    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (-200.0..200.0).prop_map(Value::from),
            "[a-zA-Z0-9°%/]{0,5}".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn any_list() -> impl Strategy<Value = Value> {
        let member = prop_oneof![9 => prop::sample::select(MEMBERS.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
        let sensor = prop::collection::btree_map(member, any_value(), 0..5);
        prop::collection::btree_map(any::<String>(), sensor, 0..3)
            .prop_map(|sensors| serde_json::json!(sensors))
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_list_or_an_error(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        /// What is understood is what the table takes: refused by the database, it would stop the loader.
        #[test]
        fn any_list_is_refused_in_a_sentence_or_can_be_kept(list in any_list(), at: prop::sample::Index, byte: u8) {
            let mut bytes = list.to_string().into_bytes();
            for _ in 0..2 {
                match parse(&bytes) {
                    Ok(parsed) => {
                        for sensor in &parsed.sensors {
                            prop_assert_eq!(sensor.refusal(), None);
                        }
                        prop_assert!(parsed.sensors.is_sorted_by(|a, b| a.name < b.name));
                    }
                    Err(error) => prop_assert!((20..5000).contains(&error.to_string().len()), "{}", error),
                }
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }

        /// A sound list gives back what it says.
        #[test]
        fn any_sound_list_comes_back(
            name in "[^\\x00]{1,40}".prop_filter("a name", |name| !name.trim().is_empty()),
            place in prop::option::of((-90.0..=90.0_f64, -180.0..=180.0_f64)),
            text in prop::option::of("[^\\x00]{0,40}"),
            range in prop::option::of((-1e6..0.0_f64, 0.0..1e6_f64)),
            labels in prop::collection::btree_map("[^\\x00]{0,9}", "[^\\x00]{0,9}", 0..3),
            interval in prop::option::of(f64::MIN_POSITIVE..1e9),
        ) {
            let list = serde_json::json!({&name: {
                "lat": place.map(|place| place.0), "lng": place.map(|place| place.1),
                "unit": text, "type": text, "description": text,
                "range": range.map(|(min, max)| [min, max]), "labels": labels, "interval": interval,
            }});
            let parsed = parse(list.to_string().as_bytes()).expect("a list");
            prop_assert!(parsed.warnings.is_empty());
            let [sensor] = parsed.sensors.as_slice() else { panic!("one sensor") };
            prop_assert_eq!(&sensor.name, &name);
            prop_assert_eq!((sensor.lat.zip(sensor.lng), sensor.range_min.zip(sensor.range_max)), (place, range));
            prop_assert_eq!([&sensor.unit, &sensor.kind, &sensor.description], [&text; 3]);
            prop_assert_eq!((&sensor.labels, sensor.expected_interval_seconds), (&labels, interval));
        }
    }
}
