//! How good readings are: figures against plain SQL over the same data, what nobody can judge, and questions that are
//! refused.

use api::{Limits, Options};
use catalogue::quality::RuleSet;
use catalogue::{Annotations, Evaluator};
use chrono::DurationRound as _;
use entity::load::DeclaredSensor;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer, with_limits};

const FIGURES: &str =
    "figures { dimension value numerator denominator verdict warnBelow failBelow formula doubts }";
const DAY: &str = "from: \"2026-01-01\", to: \"2026-01-02\"";

/// A day of a reading a minute: half an hour and one more are missing, some are out of range, late, from the future; and
/// what came besides.
async fn world(database: TestDatabase, options: Options) -> World {
    let world = World::on(database, options).await;
    let declared = world.declare(vec![thermometer("Hall")]).await;
    world
        .insert_readings(&format!(
            "SELECT time, CASE WHEN i % 200 = 7 THEN -9999 ELSE 20 + sin(i) END, \
                    time + CASE WHEN i % 50 = 3 THEN -5 WHEN i % 30 = 4 THEN 61 ELSE (i * 7919 % 600) / 10.0 END \
                         * INTERVAL '1 second', \
                    i, {}, CASE WHEN i % 200 = 7 THEN 4 ELSE 1 END, 1 \
             FROM generate_series(0, 1439) AS i, \
                  LATERAL (SELECT TIMESTAMPTZ '2026-01-01Z' + i * INTERVAL '1 minute' AS time) AS at \
             WHERE i NOT BETWEEN 100 AND 129 AND i <> 700",
            declared[0]
        ))
        .await;
    world
        .run(&format!(
            "INSERT INTO sensor_intake (sensor_id, hour, duplicates, conflicting, refused) VALUES \
                 ({0}, '2026-01-01T00:00Z', 9, 4, 1), ({0}, '2026-01-01T23:00Z', 1, 1, 1), \
                 ({0}, '2026-01-02T00:00Z', 500, 500, 500)",
            declared[0]
        ))
        .await;
    world
}

async fn numbers<const N: usize>(world: &World, select: &str) -> [f64; N] {
    let statement = Statement::from_string(DbBackend::Postgres, select);
    let row = world.db.query_one_raw(statement).await.unwrap().unwrap();
    std::array::from_fn(|position| row.try_get_by_index(position).unwrap())
}

/// The report of the day.
async fn hall(world: &World) -> Value {
    let query = format!(
        "{{ sensor(name: \"Hall\") {{ quality({DAY}) {{ sensor {{ name }} dataset from to status worstDimension {FIGURES} \
             readings latency {{ p50Seconds p95Seconds p99Seconds maxSeconds late lateShare negative negativeShare }} \
             gaps {{ start end missing }} gapsCount gapShare longestGapSeconds \
             expectedIntervalSeconds expectedIntervalBasis ruleVersion computedAt revision \
             tests {{ test pass suspect fail notEvaluated missing }} flaggedCount flagged {{ time test flag }} \
             rules {{ spike {{ suspect }} flat {{ suspectCount }} lateAfterSeconds gapFactor }} }} }} }}"
    );
    let mut data = world.data(&query).await;
    data["sensor"]["quality"].take()
}

/// The numerator and the denominator of a report's figure.
fn ratio(report: &Value, dimension: &str) -> (f64, f64) {
    let figure = figure(report, dimension);
    let (numerator, denominator) = (
        figure["numerator"].as_f64().unwrap(),
        figure["denominator"].as_f64().unwrap(),
    );
    match figure["value"].as_f64() {
        Some(value) => assert!((value - numerator / denominator).abs() < 1e-12, "{figure}"),
        None => assert_eq!((denominator, &figure["verdict"]), (0.0, &json!("NOT_APPLICABLE"))),
    }
    (numerator, denominator)
}

#[track_caller]
fn figure<'a>(report: &'a Value, dimension: &str) -> &'a Value {
    let figures = report["figures"].as_array().unwrap();
    let is_it = |figure: &&Value| figure["dimension"] == dimension;
    figures.iter().find(is_it).unwrap()
}

#[track_caller]
fn assert_near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
}

testbed::both! {
    async fn figures_are_those_of_plain_sql(database: TestDatabase) {
        let world = world(database, open()).await;
        let report = hall(&world).await;
        let of = "FROM reading JOIN sensor ON sensor.id = sensor_id \
                  WHERE name = 'Hall' AND time >= '2026-01-01Z' AND time < '2026-01-02Z'";
        let latency = "extract(epoch FROM received_at - time)::float8";
        let [readings, within, judged, p50, p95, p99, max, late, negative] = numbers(
            &world,
            &format!(
                "SELECT count(*)::float8, (count(*) FILTER (WHERE flag = 1))::float8, \
                        (count(*) FILTER (WHERE flag IN (1, 3, 4)))::float8, \
                        percentile_cont(0.5) WITHIN GROUP (ORDER BY {latency}), \
                        percentile_cont(0.95) WITHIN GROUP (ORDER BY {latency}), \
                        percentile_cont(0.99) WITHIN GROUP (ORDER BY {latency}), max({latency}), \
                        (count(*) FILTER (WHERE {latency} > 60))::float8, \
                        (count(*) FILTER (WHERE {latency} < -1))::float8 {of}"
            ),
        )
        .await;
        assert_eq!((readings, &report["readings"]), (1409.0, &json!(1409.0)));
        // 1,440 minutes, of which 31 have no reading.
        assert_eq!(ratio(&report, "COMPLETENESS"), (1409.0, 1440.0));
        assert_eq!(ratio(&report, "VALIDITY"), (within, judged));
        assert_eq!(ratio(&report, "TIMELINESS"), (readings - late - negative, readings));
        // Ten came twice, five with another value, two could not be used.
        assert_eq!(ratio(&report, "UNIQUENESS"), (1409.0, 1424.0));
        assert_eq!(ratio(&report, "CONFORMITY"), (1424.0, 1426.0));
        let found = &report["latency"];
        for (name, expected) in [
            ("p50Seconds", p50), ("p95Seconds", p95), ("p99Seconds", p99), ("maxSeconds", max), ("late", late),
            ("lateShare", late / readings), ("negative", negative), ("negativeShare", negative / readings),
        ] {
            assert_near(&found[name], expected);
        }
        assert!(late > 20.0 && negative > 20.0 && within < judged);
        // About 5 % are late or from the future, which is below 0.95; nothing else is as bad.
        let timeliness = figure(&report, "TIMELINESS");
        assert_eq!((&timeliness["verdict"], &timeliness["failBelow"]), (&json!("FAIL"), &json!(0.95)));
        assert_eq!((&report["status"], &report["worstDimension"]), (&json!("FAIL"), &json!("TIMELINESS")));
    }

    async fn gaps_and_verdicts_are_told_one_by_one(database: TestDatabase) {
        let world = world(database, open()).await;
        let report = hall(&world).await;
        let [failed] = numbers(&world, "SELECT count(*)::float8 FROM reading WHERE flag = 4").await;
        let gaps = json!([
            { "start": "2026-01-01T01:39:00Z", "end": "2026-01-01T02:10:00Z", "missing": 30.0 },
            { "start": "2026-01-01T11:39:00Z", "end": "2026-01-01T11:41:00Z", "missing": 1.0 },
        ]);
        assert_eq!((&report["gaps"], &report["gapsCount"]), (&gaps, &json!(2.0)));
        assert_eq!(report["longestGapSeconds"], 31.0 * 60.0);
        // 31 minutes in which one was due, of 24 hours.
        assert_near(&report["gapShare"], 31.0 / 1440.0);
        assert_eq!(report["expectedIntervalSeconds"], 60.0);
        assert_eq!(report["expectedIntervalBasis"], "DECLARED");
        // Two gaps are told; that a range failed is not.
        assert_eq!(report["flaggedCount"], 2.0);
        let behind_gap = json!({ "time": "2026-01-01T02:10:00Z", "test": "GAP", "flag": "FAIL" });
        assert_eq!(report["flagged"][0], behind_gap);
        let gross = &report["tests"][0];
        assert_eq!((&gross["test"], &gross["fail"]), (&json!("GROSS_RANGE"), &json!(failed)));
        let spike = json!({ "test": "SPIKE", "pass": 0.0, "suspect": 0.0, "fail": 0.0,
                            "notEvaluated": 1409.0, "missing": 0.0 });
        assert_eq!(report["tests"][1], spike);
        let rules = json!({ "spike": null, "flat": { "suspectCount": 3 }, "lateAfterSeconds": 60.0, "gapFactor": 1.5 });
        assert_eq!(report["rules"], rules);
        assert_eq!((&report["revision"], &report["dataset"]), (&Value::Null, &Value::Null));
        assert_eq!(report["ruleVersion"], "a8a766c85fe9ccd7");
    }

    async fn hours_add_up_to_their_day(database: TestDatabase) {
        let world = world(database, open()).await;
        let fields = format!("from to readings {FIGURES}");
        let query = |from: &str, to: &str, per: &str| {
            format!("{{ quality(sensors: [\"Hall\"], from: \"{from}\", to: \"{to}\"{per}) {{ {fields} }} }}")
        };
        let day = world.data(&query("2026-01-01", "2026-01-02", "")).await;
        // Hours that the time only touches are shown as a whole.
        let hours = world.data(&query("2026-01-01T00:30", "2026-01-01T23:00:00.001", ", per: \"PT1H\"")).await;
        let hours = hours["quality"].as_array().unwrap();
        assert_eq!((hours.len(), &hours[0]["from"]), (24, &json!("2026-01-01T00:00:00Z")));
        assert_eq!(hours[23]["to"], "2026-01-02T00:00:00Z");
        let day = &day["quality"][0];
        for dimension in ["COMPLETENESS", "TIMELINESS", "VALIDITY", "UNIQUENESS", "CONFORMITY", "PLAUSIBILITY"] {
            let sum = hours.iter().map(|hour| ratio(hour, dimension));
            let sum = sum.fold((0.0, 0.0), |sum, hour| (sum.0 + hour.0, sum.1 + hour.1));
            assert_eq!(sum, ratio(day, dimension), "{dimension}");
        }
        assert_eq!(ratio(&hours[1], "COMPLETENESS"), (40.0, 60.0));
        let days = world.data(&query("2026-01-01T10:00", "2026-01-01T11:00", ", per: \"P1D\"")).await;
        assert_eq!(days["quality"][0], *day);
        // Of what is no whole hour nobody counted what came besides.
        let part = world.data(&query("2026-01-01T00:30", "2026-01-01T02:00", "")).await;
        assert_eq!(figure(&part["quality"][0], "UNIQUENESS")["value"], Value::Null);
        assert_eq!(figure(&part["quality"][0], "VALIDITY")["denominator"], json!(70.0));
    }
}

#[tokio::test]
async fn what_nobody_can_judge_is_not_applicable_and_never_0() {
    let world = World::new().await;
    let ids = world.sensors(&["Sends", "Silent"]).await;
    world.readings(ids[0], "2026-01-01", "1 minute", 60).await;
    world.run("UPDATE reading SET flag = 2").await;
    let query = format!(
        "{{ quality(sensors: [\"Sends\", \"Silent\"], {DAY}) {{ sensor {{ name }} status worstDimension readings gapsCount \
             gapShare longestGapSeconds expectedIntervalBasis latency {{ late }} {FIGURES} }} }}"
    );
    let data = world.data(&query).await;
    let [sends, silent] = [&data["quality"][0], &data["quality"][1]];
    assert_eq!(
        (&sends["sensor"]["name"], &silent["sensor"]["name"]),
        (&json!("Sends"), &json!("Silent"))
    );
    for dimension in ["COMPLETENESS", "VALIDITY"] {
        let figure = figure(sends, dimension);
        assert_eq!(
            (&figure["value"], &figure["verdict"]),
            (&Value::Null, &json!("NOT_APPLICABLE"))
        );
        assert_eq!(ratio(sends, dimension), (0.0, 0.0));
    }
    assert_eq!(
        (&sends["status"], &sends["readings"]),
        (&json!("PASS"), &json!(60.0))
    );
    for unknown in [
        "gapsCount",
        "gapShare",
        "longestGapSeconds",
        "expectedIntervalBasis",
    ] {
        assert_eq!(sends[unknown], Value::Null, "{unknown}");
    }
    assert_eq!(silent["status"], "NOT_APPLICABLE");
    assert_eq!(
        (&silent["worstDimension"], &silent["latency"]),
        (&Value::Null, &Value::Null)
    );
    assert!(
        silent["figures"]
            .as_array()
            .unwrap()
            .iter()
            .all(|figure| figure["value"].is_null())
    );

    // An interval that was learnt is told as such.
    world
        .run(&format!(
            "INSERT INTO learnt_interval (interval_seconds, learnt_at, sensor_id, readings) VALUES (60, now(), {}, 60) \
             ON CONFLICT (sensor_id) DO UPDATE SET interval_seconds = 60, readings = 60",
            ids[0]
        ))
        .await;
    let data = world.data(&query).await;
    assert_eq!(data["quality"][0]["expectedIntervalBasis"], "LEARNT");
    // An hour of 24 is there.
    assert_eq!(ratio(&data["quality"][0], "COMPLETENESS"), (60.0, 1440.0));
    let completeness = figure(&data["quality"][0], "COMPLETENESS");
    assert_eq!(
        (&completeness["verdict"], &completeness["doubts"]),
        (&json!("FAIL"), &json!(["LOSS"]))
    );
}

#[tokio::test]
async fn a_dataset_is_the_sum_of_its_sensors_and_names_the_worst() {
    let world = world(testbed::postgres().await, open()).await;
    let other = world
        .declare(vec![thermometer("Hall"), thermometer("Roof")])
        .await[1];
    world.readings(other, "2026-01-01", "1 minute", 720).await;
    let fields = "dataset sensor { name } status readings gapsCount longestGapSeconds latency { late } rules { gapFactor } \
         figures { dimension value numerator denominator verdict worstSensor { name } worstValue }";
    let data = world
        .data(&format!(
            "{{ quality({DAY}) {{ {fields} }} rollup: quality(dataset: \"readings-1h\", {DAY}) {{ {fields} }} }}"
        ))
        .await;
    let report = &data["quality"][0];
    assert_eq!(
        (&report["dataset"], &report["readings"]),
        (&json!("readings"), &json!(1409.0 + 720.0))
    );
    assert_eq!(ratio(report, "COMPLETENESS"), (1409.0 + 720.0, 2.0 * 1440.0));
    let completeness = figure(report, "COMPLETENESS");
    assert_eq!(
        (&completeness["worstSensor"]["name"], &completeness["worstValue"]),
        (&json!("Roof"), &json!(0.5))
    );
    assert_eq!(ratio(report, "COVERAGE"), (2.0, 2.0));
    assert_eq!(
        (&report["sensor"], &report["latency"], &report["rules"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&report["gapsCount"], &report["longestGapSeconds"]),
        (&json!(3.0), &Value::from(longest_gap(&data)))
    );
    assert_eq!(data["rollup"][0]["figures"], report["figures"]);
}

/// Since the last reading of the one that fell silent, up to now: it is long.
fn longest_gap(data: &Value) -> f64 {
    let longest = data["quality"][0]["longestGapSeconds"].as_f64().unwrap();
    assert!(longest > 12.0 * 3600.0, "{longest}");
    longest
}

#[tokio::test]
async fn rules_of_a_file_judge_by_type_and_sensor() {
    let rules = "[quality.by_type.temperature.spike]\nsuspect = 0.5\n[quality.by_sensor.\"plant/Roof\".spike]\nenabled = false";
    let options = Options {
        annotations: Annotations::parse(&format!(
            "{}\n{rules}",
            include_str!("../../../catalogue/catalogue.toml")
        ))
        .unwrap(),
        ..open()
    };
    let world = World::with(options).await;
    let ids = world
        .declare(vec![thermometer("Hall"), thermometer("Roof")])
        .await;
    for id in ids {
        world.readings(id, "2026-01-01", "1 minute", 30).await;
        world
            .run(&format!(
                "UPDATE reading SET value = 90 WHERE sensor_id = {id} AND value = 10"
            ))
            .await;
    }
    let fields = "status flaggedCount rules { spike { method suspect fail } } ruleVersion \
                  flagged(first: 2) { time test flag } tests { test suspect notEvaluated }";
    let data = world
        .data(&format!(
            "{{ quality(sensors: [\"Hall\", \"Roof\"], {DAY}) {{ {fields} }} }}"
        ))
        .await;
    let [hall, roof] = [&data["quality"][0], &data["quality"][1]];
    // The spike, and its neighbours that it makes stick out.
    assert_eq!(hall["flaggedCount"], 3.0);
    let flagged = |minute: u32| json!({ "time": format!("2026-01-01T00:{minute:02}:00Z"), "test": "SPIKE", "flag": "SUSPECT" });
    assert_eq!(hall["flagged"], json!([flagged(9), flagged(10)]));
    let rules = json!({ "spike": { "method": "AVERAGE", "suspect": 0.5, "fail": null } });
    assert_eq!(hall["rules"], rules);
    assert_eq!(
        (&roof["flaggedCount"], &roof["rules"]["spike"]),
        (&json!(0.0), &Value::Null)
    );
    assert_ne!(hall["ruleVersion"], roof["ruleVersion"]);
}

/// The code of the error that a question gets, the argument at fault, and all that is told with it.
async fn code_of(world: &World, arguments: &str, fields: &str) -> (String, Value, Value) {
    let error = world
        .error(&format!("{{ quality({arguments}) {{ {fields} }} }}"))
        .await;
    let extensions = &error["extensions"];
    let code = extensions["code"].as_str().unwrap().to_owned();
    (code, extensions["argument"].clone(), extensions.clone())
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = world(testbed::postgres().await, open()).await;
    for (arguments, fields, code, argument) in [
        (
            format!("sensors: [\"Hall\"], {DAY}, per: \"PT2H\""),
            "status",
            "INVALID_ARGUMENT",
            json!("per"),
        ),
        (
            "sensors: [\"Hall\"], from: \"2026-01-02\", to: \"2026-01-01\"".to_owned(),
            "status",
            "INVALID_ARGUMENT",
            json!("from"),
        ),
        (
            format!("sensors: [\"Hall\"], dataset: \"readings\", {DAY}"),
            "status",
            "INVALID_ARGUMENT",
            json!("sensors"),
        ),
        (
            format!("dataset: \"sensors\", {DAY}"),
            "status",
            "INVALID_ARGUMENT",
            json!("dataset"),
        ),
        (
            format!("dataset: \"no\\u0000\", {DAY}"),
            "status",
            "NOT_FOUND",
            json!("dataset"),
        ),
        (
            format!("sensors: [\"Nobody\"], {DAY}"),
            "status",
            "NOT_FOUND",
            json!("sensors"),
        ),
        (
            format!("sensors: [\"Hall\"], {DAY}"),
            "flagged(first: 0) { time }",
            "INVALID_ARGUMENT",
            json!("first"),
        ),
        (
            format!("sensors: [\"Hall\"], {DAY}"),
            "flagged(first: 1001) { time }",
            "INVALID_ARGUMENT",
            json!("first"),
        ),
        (
            "sensors: [\"Hall\"], from: \"2026-01-01\", to: \"2026-02-02\"".to_owned(),
            "status",
            "LIMIT_EXCEEDED",
            json!("from"),
        ),
        (
            "sensors: [\"Hall\"], from: \"0001-01-01\", to: \"9999-12-31\"".to_owned(),
            "status",
            "LIMIT_EXCEEDED",
            Value::Null,
        ),
    ] {
        let (found, at, _) = code_of(&world, &arguments, fields).await;
        assert_eq!((found.as_str(), at), (code, argument), "{arguments} {fields}");
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused() {
    let limits = Limits {
        quality_readings_max: 2_000,
        ..Limits::default()
    };
    let world = world(testbed::postgres().await, with_limits(limits)).await;
    let (code, at, details) = code_of(
        &world,
        "sensors: [\"Hall\", \"Roof\"], from: \"2026-01-01\", to: \"2026-02-01\", per: \"PT1H\"",
        "status",
    )
    .await;
    assert_eq!((code.as_str(), at), ("LIMIT_EXCEEDED", json!("per")));
    assert_eq!(
        (&details["limit"], &details["asked"]),
        (&json!(1000), &json!(1488))
    );
    // By the expected interval, two days have too many readings.
    let (code, _, details) = code_of(
        &world,
        "sensors: [\"Hall\"], from: \"2026-01-01\", to: \"2026-01-03\"",
        "status",
    )
    .await;
    assert_eq!(
        (code.as_str(), &details["asked"]),
        ("LIMIT_EXCEEDED", &json!(2880))
    );
    // Of a sensor that sends more than anybody expected, it shows while they are read.
    world
        .declare(vec![
            thermometer("Hall"),
            DeclaredSensor {
                expected_interval_seconds: Some(3600.0),
                ..thermometer("Quick")
            },
        ])
        .await;
    let statement = "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
                     SELECT TIMESTAMPTZ '2026-01-01Z' + i * INTERVAL '1 second', i, now(), i, id, 1, 1 \
                     FROM generate_series(1, 3000) AS i, sensor WHERE name = 'Quick'";
    world.run(statement).await;
    let (code, _, details) = code_of(&world, &format!("sensors: [\"Quick\"], {DAY}"), "status").await;
    assert_eq!(
        (code.as_str(), &details["limit"], &details["asked"]),
        ("LIMIT_EXCEEDED", &json!(2000), &Value::Null)
    );
    // Long before anything, there is nothing to judge.
    let data = world
        .data("{ quality(sensors: [\"Hall\"], from: \"0001-01-01\", to: \"0001-01-02\") { status } }")
        .await;
    assert_eq!(data["quality"][0]["status"], "NOT_APPLICABLE");
}

/// Two sensors with a reading a minute in the last 30 full hours, of which one was silent for half of the last hour but one;
/// all of it measured, and the catalogue renewed.
async fn kept(database: TestDatabase) -> World {
    let world = World::on(database, open()).await;
    let names = ["whole", "half"].map(thermometer);
    let ids = world.declare(names.to_vec()).await;
    world
        .insert_readings(&format!(
            "SELECT at.time, 20 + i % 7, at.time + INTERVAL '1 second', i, sensor_id, 1, 1 \
             FROM generate_series(1, 1800) AS i, unnest(ARRAY[{}, {}]) AS sensor_id, \
                  LATERAL (SELECT date_trunc('hour', now(), 'UTC') - i * INTERVAL '1 minute' AS time) AS at \
             WHERE NOT (sensor_id = {} AND i BETWEEN 61 AND 90)",
            ids[0], ids[1], ids[1]
        ))
        .await;
    world
        .run("UPDATE sensor SET active_since = (SELECT min(time) FROM reading)")
        .await;
    let hour = chrono::Utc::now()
        .duration_trunc(chrono::TimeDelta::hours(1))
        .unwrap();
    let mut evaluator = Evaluator::new(&world.db, RuleSet::default());
    while evaluator
        .step(hour + catalogue::evaluator::GRACE)
        .await
        .unwrap()
        .measured
        > 0
    {}
    world.renew_catalogue().await;
    world
}

testbed::both! {
    async fn what_is_kept_is_told_and_published(database: TestDatabase) {
        let world = kept(database).await;
        // The last 24 hours of both: 2 × 1440 minutes, of which 30 are missing.
        let query = format!(
            "{{ quality {{ dataset status readings {FIGURES} }} \
                dataset(slug: \"readings\") {{ qualityStatus qualityFigures {{ dimension value numerator denominator verdict }} }} }}"
        );
        let data = world.data(&query).await;
        let report = &data["quality"][0];
        assert_eq!((&report["dataset"], &report["readings"]), (&json!("readings"), &json!(2850.0)));
        assert_eq!(ratio(report, "COMPLETENESS"), (2850.0, 2880.0));
        assert_eq!(ratio(report, "COVERAGE"), (2.0, 2.0));
        let figures = data["dataset"]["qualityFigures"].as_array().unwrap();
        let completeness = figures.iter().find(|figure| figure["dimension"] == "COMPLETENESS").unwrap();
        assert_eq!((&completeness["numerator"], &completeness["denominator"]), (&json!(2850.0), &json!(2880.0)));

        // Hour by hour, as it is kept.
        let hours = "{ quality(sensors: [\"half\"], per: \"PT1H\") { from revision readings gaps { start } gapsCount \
                        figures { dimension value numerator denominator verdict } flagged { time test } } }";
        let data = world.data(hours).await;
        let hours = data["quality"].as_array().unwrap();
        let kept: Vec<&Value> = hours.iter().filter(|hour| hour["revision"] == 1).collect();
        assert!(kept.len() >= 24, "{hours:?}");
        let failing: Vec<&&Value> = kept.iter().filter(|hour| hour["readings"] == 30.0).collect();
        assert_eq!(failing.len(), 1);
        assert_eq!(ratio(failing[0], "COMPLETENESS"), (30.0, 60.0));
        assert_eq!((&failing[0]["gapsCount"], &failing[0]["gaps"]), (&json!(1.0), &json!([])));
        // The first reading behind the silence is that of the next hour.
        let behind = kept.iter().flat_map(|hour| hour["flagged"].as_array().unwrap());
        assert_eq!(behind.filter(|flag| flag["test"] == "GAP").count(), 1, "{hours:?}");
        let data = world.data("{ quality(per: \"PT1H\") { dataset from readings figures { dimension numerator denominator value verdict } } }").await;
        let sums: f64 = data["quality"].as_array().unwrap().iter().map(|hour| ratio(hour, "COMPLETENESS").0).sum();
        assert!(sums >= 2850.0, "{data}");

        // In the feeds, too.
        let (_, feed) = world.get("/catalogue.jsonld").await;
        assert!(feed.to_string().contains("readings that are there"), "{feed}");
        // Who sees one of them is told of that one.
        let limited = world.key(|key| key.sensors.types = Some(vec!["none".to_owned()])).await;
        let (_, _, body) = world
            .ask_as(limited.reveal(), "{ quality { readings } dataset(slug: \"readings\") { qualityFigures { numerator } } }")
            .await;
        assert_eq!(body["data"]["dataset"]["qualityFigures"], json!([]), "{body}");
    }

    async fn days_of_a_dataset_are_as_they_were_measured_last(database: TestDatabase) {
        let world = kept(database).await;
        let query = "{ quality(dataset: \"readings\", per: \"P1D\") { from readings } }";
        let before = world.data(query).await;
        let readings = |data: &Value| -> f64 {
            data["quality"].as_array().unwrap().iter().map(|day| day["readings"].as_f64().unwrap()).sum()
        };
        assert!(readings(&before) > 0.0, "{before}");
        assert_eq!(world.data(query).await, before);
        // As a revision is kept.
        world
            .run("UPDATE quality_measurement SET readings = readings + 7 WHERE window_seconds = 86400 AND sensor_id = \
                  (SELECT min(id) FROM sensor) AND window_start = (SELECT max(window_start) FROM quality_measurement \
                  WHERE window_seconds = 86400)")
            .await;
        world.run("UPDATE quality_progress SET changes = changes + 1 WHERE window_seconds = 86400").await;
        let after = world.data(query).await;
        assert!((readings(&after) - readings(&before) - 7.0).abs() < 0.5, "{after}");
        // Who sees one of the sensors is told of that one, whoever asked before.
        let limited = world.key(|key| key.sensors.types = Some(vec!["none".to_owned()])).await;
        let (_, _, body) = world.ask_as(limited.reveal(), query).await;
        let days = body["data"]["quality"].as_array().unwrap();
        assert!(days.iter().all(|day| day["readings"] == 0.0), "{body}");
    }

    async fn webhooks_are_told_once_of_what_is_judged_otherwise(database: TestDatabase) {
        let world = kept(database).await;
        world
            .run("INSERT INTO webhook (id, created_at, url, secret, events) \
                  VALUES (gen_random_uuid(), now(), 'https://example.org/', 'whsec_AAAA', '{quality}')")
            .await;
        let measured_until = async |hours: &str| {
            world
                .run(&format!(
                    "UPDATE quality_progress SET measured_until = date_trunc('hour', now(), 'UTC') - INTERVAL '{hours} hours', \
                     changes = changes + 1 WHERE window_seconds = 3600"
                ))
                .await;
            world.renew_catalogue().await;
        };
        // What was told when it began is forgotten; then an hour that is well, one in which a sensor was silent, one that is well.
        world.run("UPDATE quality_progress SET told_until = NULL").await;
        for hours in ["2", "1", "1", "0"] {
            measured_until(hours).await;
        }
        let statement = Statement::from_string(
            DbBackend::Postgres,
            "SELECT payload FROM webhook_delivery WHERE event = 'quality.changed' ORDER BY id",
        );
        let rows = world.db.query_all_raw(statement).await.unwrap();
        let mut changes = Vec::new();
        for row in rows {
            let payload: String = row.try_get_by_index(0).unwrap();
            let message: Value = serde_json::from_str(&payload).unwrap();
            for change in message["data"]["changes"].as_array().unwrap() {
                if change["dimension"] == "completeness" && change["sensor"].is_object() {
                    let said = ["from", "to"].map(|word| change[word].as_str().unwrap().to_owned());
                    changes.push((change["sensor"]["name"].as_str().unwrap().to_owned(), said));
                }
            }
        }
        let change = |from: &str, to: &str| ("half".to_owned(), [from.to_owned(), to.to_owned()]);
        assert_eq!(changes, [change("PASS", "FAIL"), change("FAIL", "PASS")]);
    }

    async fn an_hour_that_fails_is_an_incident_until_one_does_not(database: TestDatabase) {
        let world = kept(database).await;
        // As if the last hour but one were the last.
        world
            .run("UPDATE quality_progress SET measured_until = measured_until - INTERVAL '1 hour', changes = changes + 1 \
                  WHERE window_seconds = 3600")
            .await;
        world.renew_catalogue().await;
        world.renew_catalogue().await;
        let incidents = "{ incidents(kinds: [QUALITY_FAILING]) { nodes { dataset sensor { name } startedAt endedAt detail } } }";
        let data = world.data(incidents).await;
        let nodes = data["incidents"]["nodes"].as_array().unwrap();
        let of_sensor: Vec<&Value> = nodes.iter().filter(|node| node["sensor"]["name"] == "half").collect();
        assert_eq!(of_sensor.len(), 1, "{nodes:?}");
        assert!(of_sensor[0]["detail"].as_str().unwrap().contains("completeness was 0.5000 (30 of 60"), "{nodes:?}");
        assert_eq!(of_sensor[0]["endedAt"], json!(null));
        world
            .run("UPDATE quality_progress SET measured_until = measured_until + INTERVAL '1 hour', changes = changes + 1 \
                  WHERE window_seconds = 3600")
            .await;
        world.renew_catalogue().await;
        world.renew_catalogue().await;
        let data = world.data(incidents).await;
        let nodes = data["incidents"]["nodes"].as_array().unwrap();
        assert!(nodes.iter().all(|node| node["endedAt"].is_string()), "{nodes:?}");
    }
}
