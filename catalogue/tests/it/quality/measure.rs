//! Windows measured from the tables: the same as with all of a sensor's readings in hand.

use catalogue::quality::{
    Evaluated, Expectation, GrossRule, Intake, MeasureBounds, MeasureError, Rules, Sample, Setting,
    SpikeMethod, ToMeasure, Window, evaluate, measure,
};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{DatabaseConnection, QualityFlag};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use testbed::TestDatabase;

use super::support::{Random, at, flat, rate, seconds, spike, window};
use crate::support::sensor;

testbed::both! {
    async fn windows_are_measured_as_with_all_readings_in_hand(database: TestDatabase) {
        let db = &database.connect().await;
        let rules = rules();
        let mut sensors = Vec::new();
        for seed in 0..3 {
            let id = sensor(db, &format!("of seed {seed}"), Some(1.0)).await;
            let samples = broken(&mut Random(seed), 4_000);
            insert(db, id, &samples).await;
            sensors.push((id, samples));
        }
        let never = sensor(db, "never sends", Some(1.0)).await;
        sensors.push((never, Vec::new()));
        let mut asked = Vec::new();
        for (id, _) in &sensors {
            for (from, to) in [(-500, 0), (-10, 1), (0, 3600), (100, 101), (1000, 1600), (1600, 4100), (3900, 90_000)] {
                let window = window(seconds(f64::from(from)), seconds(f64::from(to)));
                asked.push(ToMeasure { sensor_id: *id, setting: setting(window, &rules) });
            }
        }
        let found = measure(db, &asked, listing(usize::MAX)).await.unwrap();
        assert_eq!(found.len(), asked.len());
        let mut flagged = 0;
        for (window, found) in asked.iter().zip(&found) {
            let (_, samples) = sensors.iter().find(|(id, _)| *id == window.sensor_id).unwrap();
            let mut expected = evaluate(window.setting, samples.iter().copied()).unwrap();
            // Nothing came besides, which is known of whole hours.
            let time = window.setting.window;
            if [time.from(), time.to()].iter().all(|edge| edge.timestamp() % 3600 == 0) {
                let readings = expected.measurement.readings;
                expected.measurement.intake = Some(Intake::new(readings, 0, 0, 0).unwrap());
            }
            assert_eq!(*found, expected, "{:?}", window.setting.window);
            flagged += found.flagged.len();
        }
        assert!(flagged > 1_000, "{flagged}");
        // Of what is doubted no more than asked for, the earliest, and all counted.
        let few = measure(db, &asked, listing(5)).await.unwrap();
        for (few, all) in few.iter().zip(&found) {
            assert_eq!(few.measurement, all.measurement);
            assert_eq!(few.flagged, all.flagged[..all.flagged.len().min(5)]);
        }
    }

    async fn a_window_of_more_than_one_piece(database: TestDatabase) {
        let db = &database.connect().await;
        let id = sensor(db, "quick", Some(0.01)).await;
        // 100 Hz: two pieces and a half.
        let fill = "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
                    SELECT $1::timestamptz + n * INTERVAL '10 ms', n % 1000, \
                           $1::timestamptz + n * INTERVAL '11 ms', n, $2, 1, 1 \
                    FROM generate_series(0, 249999) AS n WHERE n % 1000 <> 7";
        run(db, fill, [at(0).into(), id.into()]).await;
        let rules = Rules::default();
        let quick = Setting {
            expectation: Expectation::declared(0.01),
            ..setting(window(0, seconds(2500.0)), &rules)
        };
        let asked = [ToMeasure { sensor_id: id, setting: quick }];
        let found = measure(db, &asked, listing(0)).await.unwrap();
        let Evaluated { measurement, gaps, .. } = &found[0];
        let completeness = measurement.completeness.as_ref().unwrap();
        assert_eq!((measurement.readings, completeness.present, completeness.missing), (249_750, 249_750, 250));
        assert_eq!(gaps.len(), 100);
        let few = MeasureBounds { flagged_max: 0, readings_max: 200_000 };
        assert!(matches!(
            measure(db, &asked, few).await,
            Err(MeasureError::TooMany { readings_max: 200_000 })
        ));
        // Of 0 to 250 s that grow evenly, but for those that are not there.
        let latency = measurement.latency.unwrap();
        assert!((latency.max_seconds - 249.999).abs() < 1e-9 && (latency.p50_seconds - 125.0).abs() < 0.01, "{latency:?}");
    }
}

fn listing(flagged_max: usize) -> MeasureBounds {
    MeasureBounds {
        flagged_max,
        readings_max: u64::MAX,
    }
}

fn rules() -> Rules {
    Rules {
        gross: Some(GrossRule {
            suspect_min: Some(-3.0),
            suspect_max: None,
        }),
        rate: rate(2.0, 6.0).rate,
        flat: flat(0.1, 3, 200).flat,
        neighbours_within_seconds: 600.0,
        ..spike(SpikeMethod::Average, 1.0, 4.0)
    }
}

fn setting(window: Window, rules: &Rules) -> Setting<'_> {
    Setting {
        window,
        now: at(seconds(100_000.0)),
        rules,
        expectation: Expectation::declared(1.0),
        since: Some(at(seconds(-30.0))),
        intake: None,
    }
}

/// Each second, some lost, some late, some long silences, some values that stand still, some runs of values that fail.
fn broken(random: &mut Random, count: i64) -> Vec<Sample> {
    let mut samples = Vec::new();
    let (mut silent, mut failing, mut still) = (0, 0, 0);
    let mut value: f64 = 0.0;
    for second in 0..count {
        for (left, chance, longest) in [
            (&mut silent, 0.001, 700.0),
            (&mut failing, 0.002, 400.0),
            (&mut still, 0.004, 300.0),
        ] {
            *left -= 1;
            if random.chance(chance) {
                *left = (random.unit() * longest) as i64;
            }
        }
        let is_lost = random.chance(0.05);
        if still <= 0 {
            value = random.normal();
        }
        if silent > 0 || is_lost {
            continue;
        }
        let time = at(second * 1_000_000 + (random.unit() * 90_000.0) as i64);
        samples.push(Sample {
            time,
            value: if failing > 0 { -9999.0 } else { value },
            received_at: time + TimeDelta::milliseconds((random.unit() * 90_000.0) as i64 - 2_000),
            flag: match failing {
                1.. => QualityFlag::Fail,
                _ if random.chance(0.01) => QualityFlag::Missing,
                _ => QualityFlag::Pass,
            },
        });
    }
    samples
}

async fn insert(db: &DatabaseConnection, sensor_id: i32, samples: &[Sample]) {
    let times =
        |time: fn(&Sample) -> DateTime<Utc>| -> Value { samples.iter().map(time).collect::<Vec<_>>().into() };
    let values: [Value; 5] = [
        sensor_id.into(),
        times(|sample| sample.time),
        samples
            .iter()
            .map(|sample| sample.value)
            .collect::<Vec<_>>()
            .into(),
        times(|sample| sample.received_at),
        samples
            .iter()
            .map(|sample| sample.flag.number())
            .collect::<Vec<_>>()
            .into(),
    ];
    let insert = "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) \
                  SELECT time, value, received_at, 1, $1, flag, 1 \
                  FROM unnest($2::timestamptz[], $3::float8[], $4::timestamptz[], $5::int2[]) \
                      AS new (time, value, received_at, flag)";
    run(db, insert, values).await;
}

async fn run(db: &DatabaseConnection, sql: &str, values: impl IntoIterator<Item = Value>) {
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    db.execute_raw(statement).await.unwrap();
}
