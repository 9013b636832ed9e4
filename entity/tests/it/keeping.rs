//! What one process keeps at a time: incidents, learnt intervals, and who sees them.

use chrono::TimeDelta;
use entity::incidents::{Incident, IncidentFilter, IncidentKind, IncidentOf, end, open, page, start};
use entity::intervals::{self, LearntInterval};
use entity::keeping::Keeping;
use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::{DatabaseConnection, Scope};
use uuid::Uuid;

use crate::support::{at, journal, on_both, postgres, reading, sensors, write};

on_both!(
    an_incident_is_open_once_and_ends_not_before_it_began,
    incidents_come_in_pages_to_those_who_may_see_them,
    an_interval_is_learnt_in_turn_from_the_last_readings,
);

fn incident(kind: IncidentKind, sensor_id: Option<i32>, second: i64) -> Incident {
    Incident {
        id: Uuid::new_v4(),
        of: IncidentOf {
            kind,
            dataset: "readings".to_owned(),
            sensor_id,
        },
        started_at: at(second),
        ended_at: None,
        detail: "The newest is old.".to_owned(),
    }
}

async fn started(db: &DatabaseConnection, incidents: &[Incident]) -> Vec<Incident> {
    let keeping = Keeping::begin(db).await.unwrap().unwrap();
    let started = start(&keeping, incidents).await.unwrap();
    keeping.commit().await.unwrap();
    started
}

async fn an_incident_is_open_once_and_ends_not_before_it_began(db: &DatabaseConnection) {
    let late = incident(IncidentKind::Late, Some(1), 100);
    assert_eq!(
        started(db, std::slice::from_ref(&late)).await,
        std::slice::from_ref(&late)
    );
    let again = incident(IncidentKind::Late, Some(1), 200);
    let others = [
        again.clone(),
        incident(IncidentKind::Stale, Some(1), 200),
        incident(IncidentKind::Late, Some(2), 200),
        incident(IncidentKind::Late, None, 200),
    ];
    assert_eq!(started(db, &others).await.len(), 3, "the first goes on");
    assert_eq!(open(db).await.unwrap().len(), 4);
    let keeping = Keeping::begin(db).await.unwrap().unwrap();
    let ends = [(late.id, at(50)), (again.id, at(300)), (Uuid::new_v4(), at(300))];
    let ended = end(&keeping, &ends).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].ended_at, Some(at(100)));
    assert!(end(&keeping, &ends).await.unwrap().is_empty(), "it is over");
    keeping.commit().await.unwrap();
    assert_eq!(started(db, &[again]).await.len(), 1, "another one may begin");
    // What a transaction did that never committed did not happen.
    let keeping = Keeping::begin(db).await.unwrap().unwrap();
    start(&keeping, &[incident(IncidentKind::UnbalancedWindow, None, 0)])
        .await
        .unwrap();
    drop(keeping);
    assert_eq!(open(db).await.unwrap().len(), 4);
}

async fn incidents_come_in_pages_to_those_who_may_see_them(db: &DatabaseConnection) {
    let all: Vec<Incident> = (0..10)
        .map(|second| {
            let sensor = if second == 0 { None } else { Some(second) };
            incident(IncidentKind::Late, sensor, (second / 2).into())
        })
        .collect();
    started(db, &all).await;
    let any = IncidentFilter::default();
    let first = |limit| PageRequest {
        limit,
        at: PageAt::First(None),
    };
    let mut forwards = Vec::new();
    let mut request = first(3);
    loop {
        let found = page(db, &Scope::Everything, &any, &request).await.unwrap();
        forwards.extend(found.rows.clone());
        if !found.has_next {
            break;
        }
        request.at = PageAt::First(found.rows.last().map(Incident::key));
    }
    assert_eq!(forwards.len(), 10);
    assert!(forwards.is_sorted_by_key(|one| std::cmp::Reverse((one.started_at, one.id))));
    let last = PageRequest {
        limit: 4,
        at: PageAt::Last(None),
    };
    let found = page(db, &Scope::Everything, &any, &last).await.unwrap();
    assert_eq!(
        (found.rows.as_slice(), found.has_previous),
        (&forwards[6..], true)
    );
    let sensors_of = async |scope: Scope, filter: IncidentFilter| {
        let found = page(db, &scope, &filter, &first(100)).await.unwrap();
        let mut sensors: Vec<Option<i32>> = found.rows.iter().map(|one| one.of.sensor_id).collect();
        sensors.sort_unstable();
        sensors
    };
    let some = || Scope::of_sensors(vec![2, 7, 99]);
    let of = |sensors: &[i32]| IncidentFilter {
        sensors: Some(sensors.to_vec()),
        ..IncidentFilter::default()
    };
    assert_eq!(
        sensors_of(some(), any.clone()).await,
        [Some(2), Some(7)],
        "the dataset's own is not theirs"
    );
    assert_eq!(sensors_of(some(), of(&[7, 8])).await, [Some(7)]);
    assert_eq!(
        sensors_of(Scope::Everything, of(&[7, 8])).await,
        [Some(7), Some(8)]
    );
    assert!(sensors_of(Scope::Nothing, any.clone()).await.is_empty());
    let ended: Vec<(Uuid, _)> = all.iter().take(6).map(|one| (one.id, at(10))).collect();
    let keeping = Keeping::begin(db).await.unwrap().unwrap();
    end(&keeping, &ended).await.unwrap();
    keeping.commit().await.unwrap();
    for (filter, count) in [
        (
            IncidentFilter {
                open: Some(true),
                ..any.clone()
            },
            4,
        ),
        (
            IncidentFilter {
                open: Some(false),
                ..any.clone()
            },
            6,
        ),
        (
            IncidentFilter {
                from: Some(at(11)),
                ..any.clone()
            },
            4,
        ),
        (
            IncidentFilter {
                from: Some(at(10)),
                to: Some(at(2)),
                ..any.clone()
            },
            4,
        ),
        (
            IncidentFilter {
                kinds: Some(vec![IncidentKind::Stale]),
                ..any.clone()
            },
            0,
        ),
        (
            IncidentFilter {
                datasets: Some(vec!["it's\0".to_owned(), "readings".to_owned()]),
                ..any.clone()
            },
            10,
        ),
        (
            IncidentFilter {
                datasets: Some(vec!["sensors".to_owned()]),
                ..any
            },
            0,
        ),
    ] {
        assert_eq!(
            sensors_of(Scope::Everything, filter.clone()).await.len(),
            count,
            "{filter:?}"
        );
    }
}

async fn an_interval_is_learnt_in_turn_from_the_last_readings(db: &DatabaseConnection) {
    let known = sensors(db, &["a", "b", "c"]).await;
    let ids: Vec<i32> = known.iter().map(|sensor| sensor.id).collect();
    let journal = journal(db).await;
    let readings: Vec<_> = (0..20)
        .map(|number| reading(ids[0], number * 10, 1.0, number))
        .collect();
    write(db, journal, &readings).await.unwrap();
    let times = intervals::recent_times(db, &ids, at(-1_000), at(155), 5)
        .await
        .unwrap();
    let expected: Vec<_> = (11..16).map(|number| at(number * 10)).collect();
    assert_eq!(times, [(ids[0], expected)]);
    assert_eq!(intervals::due(db, at(0), 2).await.unwrap(), ids[..2]);
    let learnt = |sensor_id: i32, interval_seconds: Option<f64>, second: i64| LearntInterval {
        sensor_id,
        interval_seconds,
        learnt_at: at(second),
        time_min: interval_seconds.map(|_| at(110)),
        time_max: interval_seconds.map(|_| at(150)),
        readings: interval_seconds.map_or(0, |_| 5),
    };
    let keep = async |learnt: &[LearntInterval]| {
        let keeping = Keeping::begin(db).await.unwrap().unwrap();
        intervals::keep(&keeping, learnt).await.unwrap();
        keeping.commit().await.unwrap();
    };
    keep(&[learnt(ids[0], Some(10.0), 200), learnt(ids[1], None, 100)]).await;
    // The third has never been looked at; then the longest ago, what could not be learnt included.
    assert_eq!(intervals::due(db, at(150), 9).await.unwrap(), [ids[2], ids[1]]);
    assert_eq!(
        intervals::due(db, at(200), 9).await.unwrap(),
        [ids[2], ids[1], ids[0]]
    );
    keep(&[learnt(ids[0], Some(12.5), 300)]).await;
    assert_eq!(
        intervals::learnt(db, &ids[..1]).await.unwrap(),
        [learnt(ids[0], Some(12.5), 300)]
    );
    let until = at(155) + TimeDelta::seconds(1);
    let looked = entity::freshness::look(db, until, None).await.unwrap();
    let mut found: Vec<_> = looked
        .sensors
        .iter()
        .map(|sensor| (sensor.id, sensor.learnt_interval_seconds, sensor.time))
        .collect();
    found.sort_by_key(|one| one.0);
    assert_eq!(
        found,
        [
            (ids[0], Some(12.5), Some(at(150))),
            (ids[1], None, None),
            (ids[2], None, None)
        ]
    );
    let since = entity::freshness::look(db, until, Some(at(150))).await.unwrap();
    assert!(since.sensors.iter().all(|sensor| sensor.time.is_none()));
}

#[tokio::test]
async fn one_process_keeps_at_a_time() {
    let server = postgres().await;
    let first = Keeping::begin(&server.db).await.unwrap().unwrap();
    assert!(Keeping::begin(&server.db).await.unwrap().is_none());
    first.commit().await.unwrap();
    let second = Keeping::begin(&server.db).await.unwrap().unwrap();
    drop(second);
    // What was dropped is rolled back before its connection is used again.
    let third = loop {
        if let Some(keeping) = Keeping::begin(&server.db).await.unwrap() {
            break keeping;
        }
        tokio::task::yield_now().await;
    };
    third.commit().await.unwrap();
}
