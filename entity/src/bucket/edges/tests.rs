//! Buckets in zones that make them hard.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    let text = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    text.parse().unwrap()
}

fn bucketing(size: &str, zone: &str) -> Bucketing {
    Bucketing {
        size: size.parse().unwrap(),
        zone: zone.parse().unwrap(),
    }
}

/// The edges as the zone's clock shows them.
fn local(size: &str, zone: &str, from: &str, to: &str) -> Vec<String> {
    let bucketing = bucketing(size, zone);
    let edges = bucketing.edges(at(from), at(to), 1_000_000).unwrap();
    edges.iter().map(|edge| shown(bucketing.zone, *edge)).collect()
}

fn shown(zone: Zone, instant: DateTime<Utc>) -> String {
    let instant = Timestamp::from_second(instant.timestamp()).unwrap();
    zone.rules()
        .to_offset(instant)
        .to_datetime(instant)
        .strftime("%m-%d %H:%M")
        .to_string()
        + &format!(" {}", zone.rules().to_offset(instant))
}

/// Lengths in minutes.
fn lengths(size: &str, zone: &str, from: &str, to: &str) -> Vec<i64> {
    let edges = bucketing(size, zone).edges(at(from), at(to), 1_000_000).unwrap();
    edges
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).num_minutes())
        .collect()
}

#[test]
fn days_in_zurich_have_23_24_or_25_hours() {
    let zone = "Europe/Zurich";
    assert_eq!(
        lengths("P1D", zone, "2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z"),
        [24 * 60, 23 * 60, 24 * 60]
    );
    assert_eq!(
        lengths("P1D", zone, "2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z"),
        [24 * 60, 25 * 60, 24 * 60]
    );
    assert_eq!(
        lengths("PT1H", zone, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        [60; 23]
    );
    assert_eq!(
        lengths("PT1H", zone, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        [60; 25]
    );
    assert_eq!(
        lengths("PT15M", zone, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        [15; 100]
    );
}

#[test]
fn parts_of_a_day_keep_to_the_marks_of_the_local_clock() {
    let zone = "Europe/Zurich";
    let (spring, autumn) = (
        ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
        ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"],
    );
    assert_eq!(lengths("PT6H", zone, spring[0], spring[1]), [300, 360, 360, 360]);
    assert_eq!(lengths("PT6H", zone, autumn[0], autumn[1]), [420, 360, 360, 360]);
    assert_eq!(lengths("PT12H", zone, autumn[0], autumn[1]), [780, 720]);
    assert_eq!(lengths("PT2H", zone, spring[0], spring[1])[..3], [120, 60, 120]);
    assert_eq!(
        lengths("PT2H", zone, autumn[0], autumn[1])[..4],
        [120, 60, 120, 120]
    );
    assert_eq!(
        local("PT2H", zone, autumn[0], "2026-10-25T02:30:00Z"),
        [
            "10-25 00:00 +02",
            "10-25 02:00 +02",
            "10-25 02:00 +01",
            "10-25 04:00 +01"
        ]
    );
}

#[test]
fn days_without_a_midnight_begin_with_their_first_instant() {
    let edges = local(
        "P1D",
        "America/Sao_Paulo",
        "2018-11-03T12:00:00Z",
        "2018-11-05T12:00:00Z",
    );
    assert_eq!(
        edges,
        [
            "11-03 00:00 -03",
            "11-04 01:00 -02",
            "11-05 00:00 -02",
            "11-06 00:00 -02"
        ]
    );
    assert_eq!(
        local(
            "PT12H",
            "America/Sao_Paulo",
            "2018-11-03T16:00:00Z",
            "2018-11-04T16:00:00Z"
        ),
        [
            "11-03 12:00 -03",
            "11-04 01:00 -02",
            "11-04 12:00 -02",
            "11-05 00:00 -02"
        ]
    );
    let edges = local(
        "P1D",
        "Asia/Beirut",
        "2022-03-26T12:00:00Z",
        "2022-03-27T12:00:00Z",
    );
    assert_eq!(edges, ["03-26 00:00 +02", "03-27 01:00 +03", "03-28 00:00 +03"]);
    // A gap from half past eleven to half past midnight.
    let edges = local(
        "P1D",
        "America/Toronto",
        "1919-03-30T12:00:00Z",
        "1919-03-31T12:00:00Z",
    );
    assert_eq!(edges, ["03-30 00:00 -05", "03-31 00:30 -04", "04-01 00:00 -04"]);
}

#[test]
fn a_midnight_that_is_shown_twice_begins_its_day_once() {
    // At 00:01 it became 23:01 again.
    let zone = "America/St_Johns";
    let edges = local("P1D", zone, "2010-11-06T12:00:00Z", "2010-11-07T12:00:00Z");
    assert_eq!(
        edges,
        ["11-06 00:00 -02:30", "11-07 00:00 -02:30", "11-08 00:00 -03:30"]
    );
    assert_eq!(
        lengths("P1D", zone, "2010-11-07T12:00:00Z", "2010-11-07T13:00:00Z"),
        [25 * 60]
    );
    let edges = local("PT1H", zone, "2010-11-07T02:00:00Z", "2010-11-07T04:30:00Z");
    assert_eq!(
        edges,
        [
            "11-06 23:00 -02:30",
            "11-07 00:00 -02:30",
            "11-07 00:00 -03:30",
            "11-07 01:00 -03:30"
        ]
    );
}

#[test]
fn a_day_that_a_calendar_left_out_has_no_bucket() {
    let edges = local(
        "P1D",
        "Pacific/Apia",
        "2011-12-29T12:00:00Z",
        "2011-12-31T12:00:00Z",
    );
    assert_eq!(
        edges,
        [
            "12-29 00:00 -10",
            "12-31 00:00 +14",
            "01-01 00:00 +14",
            "01-02 00:00 +14"
        ]
    );
    let edges = local(
        "PT12H",
        "Pacific/Apia",
        "2011-12-30T01:00:00Z",
        "2011-12-30T23:00:00Z",
    );
    assert_eq!(
        edges,
        [
            "12-29 12:00 -10",
            "12-31 00:00 +14",
            "12-31 12:00 +14",
            "01-01 00:00 +14"
        ]
    );
}

#[test]
fn offsets_and_changes_may_be_of_half_hours() {
    let edges = local(
        "PT1H",
        "Asia/Kathmandu",
        "2026-11-23T00:00:00Z",
        "2026-11-23T01:00:00Z",
    );
    assert_eq!(
        edges,
        ["11-23 05:00 +05:45", "11-23 06:00 +05:45", "11-23 07:00 +05:45"]
    );
    let zone = "Australia/Lord_Howe";
    // Back from 02:00 to 01:30.
    let (from, to) = ("2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z");
    assert_eq!(lengths("P1D", zone, from, to), [24 * 60 + 30]);
    assert_eq!(lengths("PT30M", zone, from, to), [30; 49]);
    assert_eq!(lengths("PT1H", zone, from, to)[..3], [60, 90, 60]);
    // On from 02:00 to 02:30.
    let (from, to) = ("2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z");
    assert_eq!(lengths("P1D", zone, from, to), [23 * 60 + 30]);
    assert_eq!(lengths("PT1H", zone, from, to)[..4], [60, 60, 30, 60]);
    assert_eq!(lengths("PT30M", zone, from, to), [30; 47]);
}

#[test]
fn weeks_begin_on_mondays_and_all_else_counts_from_2000() {
    let utc = |size, from, to| local(size, "UTC", from, to);
    assert_eq!(
        utc("P1W", "2026-11-24", "2026-11-25"),
        ["11-23 00:00 +00", "11-30 00:00 +00"]
    );
    assert_eq!(
        utc("P2W", "2000-01-03", "2000-01-17"),
        ["01-03 00:00 +00", "01-17 00:00 +00"]
    );
    assert_eq!(
        utc("P7D", "2000-01-03", "2000-01-04"),
        ["01-01 00:00 +00", "01-08 00:00 +00"]
    );
    assert_eq!(
        utc("P3D", "1999-12-31", "2000-01-02"),
        ["12-29 00:00 +00", "01-01 00:00 +00", "01-04 00:00 +00"]
    );
    assert_eq!(
        utc("PT7H", "2000-01-01T08:00:00Z", "2000-01-01T09:00:00Z"),
        ["01-01 07:00 +00", "01-01 14:00 +00"]
    );
    assert_eq!(
        utc("PT36H", "2000-01-02", "2000-01-03"),
        ["01-01 00:00 +00", "01-02 12:00 +00", "01-04 00:00 +00"]
    );
    assert_eq!(
        utc("P1M", "2024-02-10", "2024-03-01"),
        ["02-01 00:00 +00", "03-01 00:00 +00"]
    );
    assert_eq!(
        utc("P3M", "1999-12-31", "2000-01-01"),
        ["10-01 00:00 +00", "01-01 00:00 +00"]
    );
    let years = bucketing("P4Y", "UTC")
        .edges(at("2026-01-01"), at("2026-01-02"), 1)
        .unwrap();
    assert_eq!(years, [at("2024-01-01"), at("2028-01-01")]);
    assert_eq!(
        local(
            "P1M",
            "Europe/Zurich",
            "2026-02-28T23:00:00Z",
            "2026-03-31T22:00:00Z"
        ),
        ["03-01 00:00 +01", "04-01 00:00 +02"]
    );
    assert_eq!(
        local(
            "PT7H",
            "Asia/Kathmandu",
            "1999-12-31T18:15:00Z",
            "1999-12-31T18:16:00Z"
        ),
        ["01-01 00:00 +05:45", "01-01 07:00 +05:45"]
    );
}

#[test]
fn more_buckets_than_allowed_are_refused_before_they_are_made() {
    let seconds = bucketing("PT1S", "Europe/Zurich");
    let all = seconds.edges(at("0002-01-01"), at("9998-01-01"), 200_000);
    assert!(
        matches!(all, Err(BucketError::TooMany { max: 200_000, asked }) if asked > 300_000_000_000),
        "{all:?}"
    );
    let days = bucketing("P1D", "Europe/Zurich");
    let (from, to) = (at("2026-10-24T22:00:00Z"), at("2026-11-03T23:00:00Z"));
    assert_eq!(days.edges(from, to, 10).unwrap().len(), 11);
    assert_eq!(
        days.edges(from, to, 9),
        Err(BucketError::TooMany { max: 9, asked: 10 })
    );
    assert_eq!(days.edges(from, from, 9), Err(BucketError::Empty));
}

#[test]
fn buckets_beyond_the_calendar_are_refused() {
    for size in ["P1D", "PT1H", "P1W", "P1M", "PT7H", "P1000Y"] {
        let zone = bucketing(size, "Europe/Zurich");
        let end = zone.edges(at("9999-12-31"), at("9999-12-31T23:59:59Z"), 100);
        assert_eq!(end, Err(BucketError::OutOfCalendar), "{size}");
    }
    let start = bucketing("P1000Y", "UTC").edges(at("0500-01-01"), at("0501-01-01"), 100);
    assert_eq!(start, Err(BucketError::OutOfCalendar));
}

#[test]
fn the_last_buckets_are_those_that_ended() {
    let now = at("2026-10-25T12:34:56.5Z");
    let minutes = bucketing("PT1M", "UTC").last(now, 10).unwrap();
    assert_eq!(
        (minutes.len(), minutes[0], minutes[10]),
        (11, at("2026-10-25T12:24:00Z"), at("2026-10-25T12:34:00Z"))
    );
    let halves = bucketing("PT12H", "Europe/Zurich").last(now, 2).unwrap();
    assert_eq!(
        halves,
        [
            at("2026-10-24T10:00:00Z"),
            at("2026-10-24T22:00:00Z"),
            at("2026-10-25T11:00:00Z")
        ]
    );
    let years = bucketing("P1Y", "Europe/Zurich").last(now, 3).unwrap();
    assert_eq!(years.len(), 4);
    assert_eq!(years[3], at("2025-12-31T23:00:00Z"));
    assert_eq!(
        bucketing("P1000Y", "UTC").last(now, 3),
        Err(BucketError::OutOfCalendar)
    );
}

const ZONES: &[&str] = &[
    "UTC",
    "Europe/Zurich",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Antarctica/Troll",
    "America/Havana",
    "Africa/Monrovia",
];
const SIZES: &[&str] = &[
    "PT1M", "PT7M", "PT15M", "PT1H", "PT90M", "PT2H", "PT6H", "PT7H", "PT12H", "P1D", "P3D", "PT36H", "P1W",
    "P2W", "P1M", "P5M", "P1Y",
];

proptest! {
    #[test]
    fn edges_ascend_cover_the_range_and_do_not_depend_on_it(
        zone in prop::sample::select(ZONES),
        size in prop::sample::select(SIZES),
        from in 1_000_000_000_i64..1_900_000_000,
        seconds in 1_i64..400_000,
        micros in 0_u32..1_000_000,
    ) {
        let cut = bucketing(size, zone);
        let from = DateTime::from_timestamp(from, micros * 1000).unwrap();
        let to = from + TimeDelta::seconds(seconds);
        let edges = cut.edges(from, to, 10_000).unwrap();
        prop_assert!(edges.is_sorted_by(|a, b| a < b));
        prop_assert!(edges[0] <= from && from < edges[1]);
        prop_assert!(edges[edges.len() - 2] < to && to <= edges[edges.len() - 1]);
        // Asked for by itself, each bucket is the same.
        for pair in edges.windows(2) {
            let middle = pair[0] + (pair[1] - pair[0]) / 2;
            let alone = cut.edges(middle, middle + TimeDelta::microseconds(1), 1).unwrap();
            prop_assert_eq!(&alone, &pair);
        }
        // Not even once is a bucket longer than usual and the clock's shift.
        let usual = TimeDelta::seconds(cut.size.usual_seconds().cast_signed());
        for pair in edges.windows(2) {
            prop_assert!(pair[1] - pair[0] <= usual + TimeDelta::hours(3), "{:?}", pair);
        }
    }

    #[test]
    fn the_first_buckets_are_the_beginning_of_all_and_about_as_many_as_asked(
        zone in prop::sample::select(ZONES),
        size in prop::sample::select(SIZES),
        from in 1_000_000_000_i64..1_900_000_000,
        seconds in 1_i64..400_000,
        count in 0_u64..500,
    ) {
        let cut = bucketing(size, zone);
        let from = DateTime::from_timestamp(from, 0).unwrap();
        let to = from + TimeDelta::seconds(seconds);
        let all = cut.edges(from, to, 10_000).unwrap();
        let first = cut.first(from, to, count).unwrap();
        prop_assert!(first.len() > 1);
        prop_assert_eq!(&first[..], &all[..first.len()]);
        let wanted = usize::try_from(count.max(1)).unwrap().min(all.len() - 1);
        // The range may begin within a bucket, and an hour may come twice.
        let slack = 2 + 4 * 3600 / usize::try_from(cut.size.usual_seconds()).unwrap();
        prop_assert!((first.len() - 1).abs_diff(wanted) <= slack, "{} and {}", first.len(), wanted);
    }

    #[test]
    fn every_edge_within_a_day_is_a_mark_of_the_local_clock_or_a_change(
        zone in prop::sample::select(ZONES),
        size in prop::sample::select(&["PT5M", "PT30M", "PT1H", "PT3H", "PT8H", "P1D"][..]),
        from in 1_000_000_000_i64..1_900_000_000,
    ) {
        let cut = bucketing(size, zone);
        let from = DateTime::from_timestamp(from, 0).unwrap();
        let step = cut.size.usual_seconds().cast_signed();
        let rules = cut.zone.rules();
        for edge in cut.edges(from, from + TimeDelta::hours(60), 10_000).unwrap() {
            let offset = |second| rules.to_offset(Timestamp::from_second(second).unwrap()).seconds();
            let edge = edge.timestamp();
            let on_mark = (edge + i64::from(offset(edge))) % step == 0;
            prop_assert!(on_mark || offset(edge - 1) < offset(edge), "{}", edge);
        }
    }

    #[test]
    fn a_year_has_as_many_days_as_its_calendar(
        zone in prop::sample::select(&["UTC", "Europe/Zurich", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Beirut"][..]),
        year in 1950_i32..2090,
    ) {
        let years = bucketing("P1Y", zone);
        let middle = at(&format!("{year}-07-01"));
        let whole = years.edges(middle, middle + TimeDelta::seconds(1), 1).unwrap();
        let days = bucketing("P1D", zone).edges(whole[0], whole[1], 366).unwrap();
        let expected = if date(i16::try_from(year).unwrap(), 1, 1).in_leap_year() { 366 } else { 365 };
        prop_assert_eq!(days.len() - 1, expected);
        prop_assert_eq!((days[0], days[expected]), (whole[0], whole[1]));
        let months = bucketing("P1M", zone).edges(whole[0], whole[1], 12).unwrap();
        prop_assert_eq!(months.len(), 13);
        let hours = bucketing("PT1H", zone).edges(whole[0], whole[1], 10_000).unwrap();
        prop_assert!((hours.len() - 1).abs_diff(expected * 24) <= 2);
    }
}
