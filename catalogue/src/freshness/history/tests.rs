use proptest::prelude::*;

use super::*;
use FreshnessStatus::{Fresh, Late, NoData, NoExpectation, Stale, Unknown};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
}

fn history(changes: &[(i64, FreshnessStatus)]) -> History {
    let mut history = History::default();
    for &(second, status) in changes {
        history.push(at(second), status);
    }
    history
}

fn watched(stretches: &[(i64, i64)]) -> Watched {
    Watched::of(stretches.iter().map(|&(start, end)| (at(start), at(end))))
}

#[test]
fn a_share_is_of_the_time_that_was_looked_at_and_judged() {
    let always = &[(0, 1_000)][..];
    for (changes, looked, now, share) in [
        (&[(0, Fresh)][..], always, 1_000, Some(1.0)),
        (&[(0, Stale)], always, 1_000, Some(0.0)),
        (&[(0, Fresh), (750, Stale)], always, 1_000, Some(0.75)),
        (&[(0, Late), (500, Stale), (600, Fresh)], always, 1_000, Some(0.9)),
        // Nobody looked while it was stale, or for half of it.
        (
            &[(0, Fresh), (500, Stale)],
            &[(0, 500), (990, 990)],
            1_000,
            Some(1.0),
        ),
        (
            &[(0, Fresh), (500, Stale)],
            &[(0, 500), (750, 1_000)],
            1_000,
            Some(500.0 / 750.0),
        ),
        // There was nothing to judge.
        (
            &[(0, NoData), (400, Fresh), (700, Stale)],
            always,
            1_000,
            Some(0.5),
        ),
        (&[(0, NoExpectation)], always, 1_000, None),
        (&[(0, Fresh), (500, Unknown)], always, 1_000, Some(1.0)),
        (&[(0, Fresh)], &[], 1_000, None),
        (&[], always, 1_000, None),
        // A look that has just begun has no length.
        (&[(1_000, Fresh)], &[(1_000, 1_000)], 1_000, None),
    ] {
        let found = history(changes).not_stale_share(&watched(looked), at(now));
        match (found, share) {
            (Some(found), Some(share)) => assert!((found - share).abs() < 1e-12, "{changes:?}: {found}"),
            other => assert_eq!(other.0, other.1, "{changes:?}"),
        }
    }
}

#[test]
fn shares_reach_back_thirty_days() {
    let day = 86_400;
    let of = history(&[(0, Stale), (10 * day, Fresh)]);
    let looked = watched(&[(0, 40 * day)]);
    for (now, share) in [(20, 0.5), (30, 2.0 / 3.0), (35, 5.0 / 6.0), (40, 1.0)] {
        let found = of.not_stale_share(&looked, at(now * day)).unwrap();
        let expected = if now > 30 {
            // Of the last thirty days, those after the tenth.
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let fresh = (now - 10).min(30) as f64;
            fresh / 30.0
        } else {
            share
        };
        assert!((found - expected).abs() < 1e-9, "day {now}: {found}");
    }
}

#[test]
fn what_is_forgotten_was_over() {
    let mut of = history(&[(0, Fresh), (10, Late), (20, Stale), (30, Fresh)]);
    of.forget_before(at(20));
    assert_eq!(
        of.changes().collect::<Vec<_>>(),
        [(at(20), Stale), (at(30), Fresh)]
    );
    of.forget_before(at(1_000));
    assert_eq!(
        of.last(),
        Some((at(30), Fresh)),
        "what is in force is never forgotten"
    );
}

#[test]
fn a_history_is_bounded() {
    let mut of = History::default();
    for second in 0..10_000 {
        of.push(at(second), if second % 2 == 0 { Fresh } else { Stale });
    }
    assert_eq!(of.changes().count(), CHANGES_MAX as usize);
    assert_eq!(of.last(), Some((at(9_999), Stale)));
}

#[test]
fn a_change_is_when_a_threshold_was_crossed() {
    let thresholds = Some(Thresholds {
        late_after: 30.0,
        stale_after: 100.0,
    });
    for (status, newest, before, now, expected) in [
        // Between the looks at 25 and 40 the age of 30 was reached.
        (Late, Some(0), Some(25), 40, 30),
        // Late was never seen.
        (Stale, Some(0), Some(25), 140, 100),
        // It was seen otherwise after that: another reading came and was taken back, or a promise changed.
        (Stale, Some(0), Some(130), 140, 130),
        // First seen long after.
        (Stale, Some(0), None, 5_000, 100),
        (Late, Some(20), None, 51, 50),
        // Fresh again since the reading.
        (Fresh, Some(33), Some(25), 40, 33),
        (Fresh, Some(20), Some(25), 40, 25),
        (Fresh, Some(33), None, 40, 40),
        (NoData, None, Some(25), 40, 40),
        (NoExpectation, Some(0), Some(25), 40, 40),
        // A clock that went back.
        (Late, Some(0), Some(60), 40, 60),
    ] {
        let found = changed_at(status, newest.map(at), thresholds, before.map(at), at(now));
        assert_eq!(found, at(expected), "{status:?} {newest:?} {before:?} {now}");
    }
}

/// A history and stretches of looking within an hour.
fn any_history() -> impl Strategy<Value = (History, Vec<(i64, i64)>)> {
    let status = prop::sample::select(FreshnessStatus::ALL.to_vec());
    let changes = prop::collection::vec((0_i64..3_600, status), 0..20);
    let edges = prop::collection::btree_set(0_i64..3_600, 0..12);
    (changes, edges).prop_map(|(mut changes, edges)| {
        changes.sort_by_key(|(second, _)| *second);
        let edges: Vec<i64> = edges.into_iter().collect();
        let stretches = edges.chunks_exact(2).map(|edge| (edge[0], edge[1])).collect();
        (history(&changes), stretches)
    })
}

proptest! {
    #[test]
    fn a_share_lies_between_nothing_and_everything((of, stretches) in any_history(), now in 0_i64..4_000) {
        if let Some(share) = of.not_stale_share(&watched(&stretches), at(now)) {
            prop_assert!((0.0..=1.0).contains(&share), "{share}");
        }
    }

    #[test]
    fn times_add_up(
        (of, stretches) in any_history(),
        mut cuts in prop::array::uniform3(-100_i64..4_000),
    ) {
        cuts.sort_unstable();
        let looked = watched(&stretches);
        let judged = |from: i64, to: i64| of.judged(&looked, at(from), at(to));
        let (whole, first, second) =
            (judged(cuts[0], cuts[2]), judged(cuts[0], cuts[1]), judged(cuts[1], cuts[2]));
        prop_assert_eq!(whole.not_stale, first.not_stale + second.not_stale);
        prop_assert_eq!(whole.stale, first.stale + second.stale);
        prop_assert!(whole.stale + whole.not_stale <= looked.within(at(cuts[0]), at(cuts[2])));
    }

    #[test]
    fn looking_more_often_changes_nothing((of, stretches) in any_history(), every in 1_i64..60) {
        // Each stretch as many looks, of which each goes on from the one before.
        let looks = stretches.iter().flat_map(|&(start, end)| {
            let starts = (start..end).step_by(usize::try_from(every).unwrap());
            starts.map(move |look| (look, (look + every).min(end)))
        });
        let often: Vec<(i64, i64)> = looks.collect();
        prop_assert_eq!(
            of.judged(&watched(&often), at(0), at(4_000)),
            of.judged(&watched(&stretches), at(0), at(4_000))
        );
    }

    /// A sensor that dies: whoever looks how often, it was stale from the same instant on.
    #[test]
    fn a_death_is_dated_alike_by_whoever_looks(every in 1_i64..600, first in 0_i64..600, died in 0_i64..1_000) {
        let thresholds = Thresholds { late_after: 30.0, stale_after: 100.0 };
        let end = died + 2_000;
        let mut of = History::default();
        let mut last = None;
        for second in (first..=end).step_by(usize::try_from(every).unwrap()).chain([end]) {
            let newest = second.min(died);
            let status = match second - newest {
                0..=30 => Fresh,
                31..=100 => Late,
                _ => Stale,
            };
            if of.last().map(|(_, status)| status) != Some(status) {
                let since = changed_at(status, Some(at(newest)), Some(thresholds), last, at(second));
                of.push(since, status);
            }
            last = Some(at(second));
        }
        prop_assert_eq!(of.last(), Some((at(died + 100), Stale)));
    }
}
