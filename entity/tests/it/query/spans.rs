//! The readings of many spans of time at once.

use entity::query::readings::{Direction, Span, TimeRange, of_spans};
use entity::{DatabaseConnection, Scope};

use crate::support::{at, journal, on_both, reading, sensors, write};

on_both!(each_span_has_its_own_readings_from_its_own_end);

fn span(sensor_id: i32, from: i64, to: i64) -> Span {
    let range = TimeRange {
        from: at(from),
        to: at(to),
    };
    Span { sensor_id, range }
}

async fn each_span_has_its_own_readings_from_its_own_end(db: &DatabaseConnection) {
    let known = sensors(db, &["a", "b"]).await;
    let (a, b) = (known[0].id, known[1].id);
    let journal_id = journal(db).await;
    let rows: Vec<_> = (0..10)
        .flat_map(|second| [reading(a, second, 1.0, second), reading(b, second, 2.0, second)])
        .collect();
    write(db, journal_id, &rows).await.unwrap();
    let spans = [
        span(a, 0, 3),
        span(b, 20, 30),
        span(b, 2, 9),
        span(a, 3, 5),
        span(a, 0, 3),
    ];
    let seconds = async |scope: &Scope, direction, limit| {
        let of_each = of_spans(db, scope, &spans, direction, limit).await.unwrap();
        let mut found: Vec<(usize, Vec<i64>)> = of_each
            .into_iter()
            .map(|(place, rows)| {
                assert!(rows.iter().all(|row| row.sensor_id == spans[place].sensor_id));
                let seconds = rows.iter().map(|row| (row.time - at(0)).num_seconds());
                (place, seconds.collect())
            })
            .collect();
        found.sort_unstable();
        found
    };
    let everything = Scope::Everything;
    assert_eq!(
        seconds(&everything, Direction::Asc, 2).await,
        [(0, vec![0, 1]), (2, vec![2, 3]), (3, vec![3, 4]), (4, vec![0, 1])]
    );
    assert_eq!(
        seconds(&everything, Direction::Desc, 100).await,
        [
            (0, vec![2, 1, 0]),
            (2, vec![8, 7, 6, 5, 4, 3, 2]),
            (3, vec![4, 3]),
            (4, vec![2, 1, 0])
        ]
    );
    let of_b = Scope::of_sensors(vec![b]);
    assert_eq!(seconds(&of_b, Direction::Asc, 1).await, [(2, vec![2])]);
    assert_eq!(seconds(&Scope::Nothing, Direction::Asc, 1).await, []);
}
