use std::fmt::Write as _;

use chrono::TimeDelta;
use entity::QualityFlag;
use entity::query::readings::{Reading, Receipt};
use entity::query::sensors::{Range, Sensor, Unit};
use proptest::prelude::*;
use uuid::Uuid;

use super::narrow::{Bounds, flags, is_all, values_of};
use super::*;
use crate::graphql::error::{ApiError, ErrorCode};
use crate::odata::limits::ODataLimits;
use crate::odata::model::EntitySet;

fn now() -> chrono::DateTime<chrono::Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn readings() -> &'static EntitySet {
    EntitySet::named("Readings").unwrap()
}

fn read(text: &str) -> Result<Expr, crate::http::Problem> {
    parse::parse("$filter", text, readings(), now(), &ODataLimits::default())
}

fn sensor(name: &str, kind: Option<&str>, site: Option<&str>) -> Sensor {
    Sensor {
        id: 1,
        uuid: Uuid::from_u128(1),
        source: "plant".into(),
        name: name.into(),
        kind: kind.map(str::to_owned),
        unit: Some(Unit {
            declared: "C".into(),
            ucum: None,
            qudt: None,
            quantity_kind: None,
            symbol: None,
        }),
        description: None,
        location: None,
        range: Range::default(),
        labels: site
            .map(|site| ("site".to_owned(), site.to_owned()))
            .into_iter()
            .collect(),
        declared: true,
        active_since: None,
        expected_interval_seconds: None,
    }
}

fn reading(minute: i64, value: f64, flag: QualityFlag) -> Reading {
    let time = "2026-11-23T10:00:00Z"
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap();
    Reading {
        sensor_id: 1,
        time: time + TimeDelta::minutes(minute),
        value,
        flag,
        receipt: Receipt {
            received_at: time,
            journal_id: 1,
            seq: 1,
        },
    }
}

fn matches(text: &str, sensor: &Sensor, reading: &Reading) -> bool {
    read(text).unwrap().admits(&Row {
        sensor: Some(sensor),
        reading: Some(reading),
        flag: Some(reading.flag),
        bucket: None,
    })
}

#[test]
fn filters_say_what_the_standard_says() {
    let (sensor, reading) = (
        sensor("O'Neill 1", Some("temperature"), None),
        reading(0, 17.5, QualityFlag::Pass),
    );
    for (text, wanted) in [
        ("Sensor eq 'O''Neill 1'", true),
        ("Value gt 17 and Value lt 18", true),
        ("Value gt 17 and Value lt 17.5 or Flag eq 'PASS'", true),
        ("not (Value gt 17) or Flag ne 'PASS'", false),
        ("Type in ('pressure','temperature')", true),
        ("Site eq null", true),
        ("Site ne null", false),
        ("null eq Site and 17.5 eq Value", true),
        // Nothing is said of what is null.
        ("Site gt 'a' or Site le 'a'", false),
        ("contains(Site,'a') or not contains(Site,'a')", false),
        ("tolower(Sensor) eq 'o''neill 1'", true),
        ("startswith(Sensor,'O') and endswith(Sensor,'1')", true),
        ("length(Sensor) eq 9 and indexof(Sensor,'Neill') eq 2", true),
        ("Time eq 2026-11-23T10:00:00Z", true),
        ("Time eq 2026-11-23T11:00:00+01:00", true),
        ("Time eq 2026-11-23T11:00:00 01:00", true),
        ("Time ge 2026-11-23T10:00Z and Time lt 2026-11-24", true),
        ("Time eq datetimeoffset'2026-11-23T10:00:00Z'", true),
        ("Time eq '2026-11-23T10:00:00Z'", true),
        (
            "year(Time) eq 2026 and hour(Time) eq 10 and date(Time) eq 2026-11-23",
            true,
        ),
        ("Time lt now()", true),
        ("SensorId eq 00000000-0000-0000-0000-000000000001", true),
        ("SensorId eq guid'00000000-0000-0000-0000-000000000001'", true),
        ("Value eq 1.75e1 and Value ne NaN and Value lt INF", true),
        ("round(Value) eq 18 and floor(Value) eq 17", true),
        ("(((Value) gt (17)))", true),
        ("VALUE_OF_NOTHING eq 1", false),
    ] {
        if text.starts_with("VALUE") {
            assert!(read(text).is_err());
        } else {
            assert_eq!(matches(text, &sensor, &reading), wanted, "{text}");
        }
    }
}

#[test]
fn what_is_no_filter_is_refused_with_what_would_be_one() {
    for (text, says) in [
        ("Valeu gt 1", "SensorId, Time"),
        ("Value gt 'a'", "a number"),
        ("Value gt", "the end"),
        ("Value", "nothing is said"),
        ("Value gt 1 and Value", "nothing is said"),
        ("Value gt 1)", ")"),
        ("(Value gt 1", "closing parenthesis"),
        ("Sensor eq 'a", "unexpected"),
        ("Sensor in 'a'", "list"),
        ("Sensor in ('a',5)", "a text"),
        ("Value add 1 gt 2", "add"),
        ("concat(Sensor,'a') eq 'b'", "concat"),
        ("contains(Sensor)", "another argument"),
        ("contains(Value,'1')", "a text"),
        ("Sensor/Name eq 'a'", "path"),
        ("Time gt 2026-13-45", "unexpected"),
        ("Value eq duration'PT1H'", "unexpected"),
    ] {
        let error = format!("{:?}", read(text).unwrap_err());
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn depth_and_terms_have_bounds_with_their_names() {
    let mut list = "Value eq 0".to_owned();
    for number in 1..1_100 {
        write!(list, " or Value eq {number}").unwrap();
    }
    let limits = ODataLimits::default();
    for (text, limit) in [
        (
            format!("{}Value gt 1{}", "(".repeat(100), ")".repeat(100)),
            limits.filter_depth_max,
        ),
        (format!("{}Declared", "not ".repeat(100)), limits.filter_depth_max),
        ("contains(".repeat(5_000), limits.filter_depth_max),
        (list, limits.filter_terms_max),
    ] {
        let error = read(&text).unwrap_err();
        assert_eq!(error.error().code(), ErrorCode::LimitExceeded);
        assert!(
            matches!(error.error(), ApiError::LimitExceeded { limit: found, .. } if *found == limit as u64),
            "{error:?}"
        );
    }
}

/// Filters over readings, of every shape.
fn filters() -> impl Strategy<Value = String> {
    let operator = || prop::sample::select(vec!["eq", "ne", "gt", "ge", "lt", "le"]);
    let text = || prop::sample::select(vec!["'a'", "'b'", "'Harbour'", "null", "'temperature'"]);
    let leaf = prop_oneof![
        (operator(), 0_i32..5).prop_map(|(operator, value)| format!("Value {operator} {value}")),
        (operator(), 0_i32..5).prop_map(|(operator, value)| format!("{value} {operator} Value")),
        (operator(), 0_i32..5)
            .prop_map(|(operator, minute)| format!("Time {operator} 2026-11-23T10:0{minute}:00Z")),
        (
            prop::sample::select(vec!["Sensor", "Type", "Site", "Flag"]),
            operator(),
            text()
        )
            .prop_map(|(name, operator, text)| format!("{name} {operator} {text}")),
        (
            prop::sample::select(vec!["'PASS'", "'FAIL'", "'SUSPECT'"]),
            operator()
        )
            .prop_map(|(flag, operator)| format!("Flag {operator} {flag}")),
        prop::collection::vec(0_i32..5, 1..3).prop_map(|values| {
            let values: Vec<_> = values.iter().map(ToString::to_string).collect();
            format!("Value in ({})", values.join(","))
        }),
        Just("contains(tolower(Site),'h')".to_owned()),
        Just("startswith(Flag,'S')".to_owned()),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}

fn rows() -> impl Strategy<Value = (Sensor, Reading)> {
    let words = || prop::option::of(prop::sample::select(vec!["a", "b", "Harbour", "temperature"]));
    let flag = prop::sample::select(vec![
        QualityFlag::Pass,
        QualityFlag::NotEvaluated,
        QualityFlag::Suspect,
        QualityFlag::Fail,
        QualityFlag::Missing,
    ]);
    (words(), words(), words(), 0_i64..5, 0_i32..5, flag).prop_map(
        |(name, kind, site, minute, value, flag)| {
            (
                sensor(name.unwrap_or("a"), kind, site),
                reading(minute, value.into(), flag),
            )
        },
    )
}

fn within<T: PartialOrd>(bounds: &Bounds<T>, value: &T) -> bool {
    bounds.min.as_ref().is_none_or(|min| min <= value) && bounds.max.as_ref().is_none_or(|max| value <= max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// No row that matches is lost on the way, and where narrowing is said to be all, none is left over.
    #[test]
    fn what_narrows_is_implied_by_the_filter(text in filters(), (sensor, reading) in rows()) {
        let filter = read(&text).unwrap();
        let whole = Row { sensor: Some(&sensor), reading: Some(&reading), flag: Some(reading.flag), bucket: None };
        let matches = filter.admits(&whole);
        let of_time = within(&Bounds::of(&filter, Role::Time), &reading.time);
        let of_value = within(&Bounds::of(&filter, Role::Value), &reading.value);
        let of_flag = flags(&filter).is_none_or(|flags| flags.contains(&reading.flag));
        let of_sensor = filter.admits(&Row { sensor: Some(&sensor), ..Row::default() });
        let of_type = values_of(&filter, &|property| property.name == "Type").is_none_or(|values| {
            values.iter().any(|value| value.equals(&Value::text(sensor.kind.as_deref())))
        });
        let narrowed = of_time && of_value && of_flag && of_sensor && of_type;
        prop_assert!(narrowed || !matches, "{}", text);
        if is_all(&filter) {
            prop_assert_eq!(narrowed, matches, "{}", text);
        }
    }

    #[test]
    fn any_text_is_a_filter_or_refused(text in "(\\PC{0,40}|([(),']| and | or |not | eq | in |Value|Time|Sensor|contains|1|2026-11-23|null){0,30})") {
        if let Ok(filter) = read(&text) {
            let _ = filter.admits(&Row::default());
        }
    }
}
