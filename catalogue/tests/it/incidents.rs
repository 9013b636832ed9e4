//! Incidents begin and end with the second look that agrees.

use catalogue::freshness::Finding;
use entity::incidents::{IncidentFilter, IncidentKind, IncidentOf, page};
use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::{DatabaseConnection, Scope};
use testbed::TestDatabase;

use crate::support::{at, checker, look, look_with, reading, sensor};

/// Kind, dataset, sensor, start and end of every incident, in the order in which they began.
async fn incidents(db: &DatabaseConnection) -> Vec<(IncidentKind, String, Option<i32>, i64, Option<i64>)> {
    let request = PageRequest {
        limit: 100,
        at: PageAt::First(None),
    };
    let found = page(db, &Scope::Everything, &IncidentFilter::default(), &request)
        .await
        .unwrap();
    let second = |time: chrono::DateTime<chrono::Utc>| (time - at(0)).num_seconds();
    let mut rows: Vec<_> = found
        .rows
        .into_iter()
        .map(|incident| {
            assert!(!incident.detail.is_empty());
            (
                incident.of.kind,
                incident.of.dataset,
                incident.of.sensor_id,
                second(incident.started_at),
                incident.ended_at.map(second),
            )
        })
        .collect();
    rows.sort_by_key(|row| (row.3, row.2));
    rows
}

testbed::both! {
    async fn two_looks_in_a_row_make_an_incident_and_two_end_it(database: TestDatabase) {
        let db = &database.connect().await;
        let dies = sensor(db, "dies", Some(10.0)).await;
        let lives: Vec<i32> = vec![sensor(db, "b", Some(10.0)).await, sensor(db, "c", Some(10.0)).await];
        let mut checker = checker();
        // Late for one look only, from 45 on; then from 165 on for good, until 420.
        for second in (0..=480).step_by(15) {
            for sensor in &lives {
                reading(db, *sensor, second, 0).await;
            }
            if second == 0 || (60..=120).contains(&second) || second > 400 {
                reading(db, dies, second, 0).await;
            }
            let checked = look(&mut checker, db, second).await;
            let kept = checked.kept.unwrap();
            let (started, ended) = (kept.started.len(), kept.ended.len());
            let expected = match second {
                // Late since 150, stale since 220; the sensor and its readings (two of three are fresh: never stale).
                180 => (2, 0),
                240 => (1, 1),
                // Minutes of it are 123 s later.
                300 => (1, 0),
                // Well since 405, said by the look after.
                420 => (0, 3),
                _ => (0, 0),
            };
            assert_eq!((started, ended), expected, "at {second}");
        }
        let readings = "readings".to_owned();
        assert_eq!(
            incidents(db).await,
            [
                (IncidentKind::Late, readings.clone(), Some(dies), 150, Some(225)),
                (IncidentKind::Late, readings.clone(), None, 165, Some(405)),
                (IncidentKind::Stale, readings, Some(dies), 220, Some(405)),
                (IncidentKind::Late, "readings-1m".to_owned(), None, 285, Some(405)),
            ]
        );
    }

    async fn what_others_find_makes_incidents_too(database: TestDatabase) {
        let db = &database.connect().await;
        let finding = |kind, second| Finding {
            of: IncidentOf { kind, dataset: "readings".to_owned(), sensor_id: None },
            since: at(second),
            detail: "Completeness is 0.4, below 0.5.".to_owned(),
        };
        let failing = || vec![finding(IncidentKind::QualityFailing, -100)];
        let both = || vec![finding(IncidentKind::QualityFailing, -50), finding(IncidentKind::UnbalancedWindow, 40)];
        let mut checker = checker();
        for (second, findings, started, ended) in [
            (0, Some(failing()), 0, 0),
            // Nobody looked for any: nothing begins nor ends.
            (15, None, 0, 0),
            (30, Some(failing()), 1, 0),
            (45, Some(both()), 0, 0),
            (60, Some(both()), 1, 0),
            (75, Some(failing()), 0, 0),
            (90, None, 0, 0),
            (105, Some(failing()), 0, 1),
            (120, Some(Vec::new()), 0, 0),
            (135, Some(Vec::new()), 0, 1),
        ] {
            let kept = look_with(&mut checker, db, second, findings).await.kept.unwrap();
            assert_eq!((kept.started.len(), kept.ended.len()), (started, ended), "at {second}");
        }
        let readings = "readings".to_owned();
        assert_eq!(
            incidents(db).await,
            [
                (IncidentKind::QualityFailing, readings.clone(), None, -100, Some(120)),
                (IncidentKind::UnbalancedWindow, readings, None, 40, Some(75)),
            ]
        );
    }
}
