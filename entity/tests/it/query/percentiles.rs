//! Percentiles, as SQL's `percentile_cont` over the same readings.

use entity::load::NewReading;
use entity::query::aggregates::{Fraction, Member, PercentilesOf, percentiles};
use entity::query::readings::TimeRange;
use entity::unit::{Conversion, Known};
use entity::{DatabaseConnection, FlagSet, QualityFlag, Scope};

use crate::support::{at, journal, on_both, reading, sensors, write};

on_both!(
    percentiles_are_of_the_readings_that_count,
    groups_have_the_percentiles_of_all_their_readings_in_one_unit,
);

const HALF: f64 = 0.5;

fn fractions(fractions: &[f64]) -> Vec<Fraction> {
    fractions.iter().map(|one| Fraction::new(*one).unwrap()).collect()
}

fn member(sensor: i32, group: i32) -> Member {
    Member {
        sensor,
        group,
        conversion: Conversion::IDENTITY,
    }
}

async fn percentiles_are_of_the_readings_that_count(db: &DatabaseConnection) {
    let known = sensors(db, &["a", "b"]).await;
    let (a, b) = (known[0].id, known[1].id);
    let mut readings: Vec<NewReading> = (0..11)
        .map(|step| reading(a, step * 10, (step * step) as f64, step + 1))
        .collect();
    readings[10].flag = QualityFlag::Fail;
    readings.push(reading(b, 0, 1.7e308, 20));
    readings.push(reading(b, 1, -1.7e308, 21));
    write(db, journal(db).await, &readings).await.unwrap();
    let of = PercentilesOf {
        members: &[member(a, 0), member(b, 1)],
        edges: &[at(0), at(50), at(105), at(200)],
        range: TimeRange {
            from: at(0),
            to: at(110),
        },
        flags: FlagSet::SERVED,
        fractions: &fractions(&[0.0, HALF, 0.9, 1.0]),
    };
    let found = percentiles(db, &Scope::Everything, &of).await.unwrap();
    let near = |found: &[f64], expected: [f64; 4]| {
        found
            .iter()
            .zip(expected)
            .all(|(found, expected)| (found - expected).abs() < 1e-9)
    };
    assert!(near(&found[&(0, 0)], [0.0, 4.0, 13.2, 16.0]), "{found:?}");
    assert!(near(&found[&(0, 1)], [25.0, 49.0, 74.2, 81.0]), "{found:?}");
    assert_eq!((found[&(1, 0)][0], found[&(1, 0)][3]), (-1.7e308, 1.7e308));
    assert_eq!(found.len(), 3, "nothing is said of what is empty");

    let with_failed = PercentilesOf {
        flags: FlagSet::ALL,
        ..of
    };
    let found = percentiles(db, &Scope::Everything, &with_failed).await.unwrap();
    assert_eq!(found[&(0, 1)][3], 100.0);
    let nothing = percentiles(db, &Scope::Nothing, &of).await.unwrap();
    assert!(nothing.is_empty());
}

async fn groups_have_the_percentiles_of_all_their_readings_in_one_unit(db: &DatabaseConnection) {
    let known = sensors(db, &["a", "b"]).await;
    let readings = [
        reading(known[0].id, 0, 1.0, 1),
        reading(known[0].id, 1, 3.0, 2),
        reading(known[1].id, 0, 2_000.0, 3),
        reading(known[1].id, 1, 1e200, 4),
    ];
    write(db, journal(db).await, &readings).await.unwrap();
    let watts = Known::of("W", None, None).unwrap();
    let (_, to_kilowatts) = watts.to("kW").unwrap();
    let members = [
        member(known[0].id, 7),
        Member {
            conversion: to_kilowatts,
            ..member(known[1].id, 7)
        },
    ];
    let mut of = PercentilesOf {
        members: &members,
        edges: &[at(0), at(1), at(2)],
        range: TimeRange {
            from: at(0),
            to: at(2),
        },
        flags: FlagSet::SERVED,
        fractions: &fractions(&[HALF]),
    };
    let found = percentiles(db, &Scope::Everything, &of).await.unwrap();
    assert_eq!(found[&(7, 0)], [1.5]);
    assert!(found[&(7, 1)][0].is_nan(), "too large to be converted");
    let all = [at(0), at(2)];
    of.edges = &all;
    of.members = &members[..1];
    let found = percentiles(db, &Scope::Everything, &of).await.unwrap();
    assert_eq!(found[&(7, 0)], [2.0]);
}
