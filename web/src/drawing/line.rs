//! A line over time with the band that it is the mean of.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::Range;
use crate::words;

/// Width and height of the drawing's own units, and the room for its scales.
pub(crate) const WIDTH: f64 = 960.0;
pub(crate) const HEIGHT: f64 = 280.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 8.0;

/// Lines of a scale, about.
const TICKS: f64 = 4.0;

/// What is drawn of a bucket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Band {
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    pub(crate) low: f64,
    pub(crate) mean: f64,
    pub(crate) high: f64,
}

/// The drawing's parts.
#[derive(Debug)]
pub(crate) struct Picture {
    /// The path around lows and highs.
    pub(crate) band: String,
    /// The path of the means, broken where buckets are empty.
    pub(crate) line: String,
    /// Lines of the values' scale: height and text.
    pub(crate) values: Vec<(f64, String)>,
    /// Lines of the time's scale: place and text.
    pub(crate) times: Vec<(f64, String)>,
    /// The heights of the declared range's ends, where they are within.
    pub(crate) declared: Vec<f64>,
}

/// Draws bands between two instants; nothing where there are none.
pub(crate) fn picture(
    bands: &[Band],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    declared: Option<Range>,
) -> Option<Picture> {
    let low = bands.iter().map(|band| band.low).fold(f64::INFINITY, f64::min);
    let high = bands
        .iter()
        .map(|band| band.high)
        .fold(f64::NEG_INFINITY, f64::max);
    if !(low.is_finite() && high.is_finite()) {
        return None;
    }
    // A constant is drawn in the middle.
    let spread = if high > low {
        high - low
    } else {
        high.abs().max(1.0)
    };
    let (floor, ceiling) = (low - spread * 0.05, high + spread * 0.05);
    let span = (to - from).as_seconds_f64();
    let x = |at: DateTime<Utc>| LEFT + (at - from).as_seconds_f64() / span * (WIDTH - LEFT);
    let y = |value: f64| TOP + (ceiling - value) / (ceiling - floor) * (HEIGHT - TOP - BOTTOM);
    let middle = |band: &Band| x(band.start + (band.end - band.start) / 2);
    let mut line = String::new();
    let mut area = String::new();
    for run in bands.chunk_by(|a, b| a.end == b.start) {
        for (at, band) in run.iter().enumerate() {
            let pen = if at == 0 { 'M' } else { 'L' };
            let _ = write!(line, "{pen}{:.1} {:.1}", middle(band), y(band.mean));
            let _ = write!(area, "{pen}{:.1} {:.1}", middle(band), y(band.high));
        }
        for band in run.iter().rev() {
            let _ = write!(area, "L{:.1} {:.1}", middle(band), y(band.low));
        }
        // A bucket alone is a dot.
        if let [only] = run {
            let _ = write!(line, "l0.1 0");
            let _ = write!(area, "L{:.1} {:.1}", middle(only) + 0.5, y(only.low));
        }
        area.push('Z');
    }
    let ends = declared
        .into_iter()
        .flat_map(|range| [range.min, range.max])
        .flatten();
    Some(Picture {
        band: area,
        line,
        values: steps(floor, ceiling)
            .into_iter()
            .map(|value| (y(value), words::value(value)))
            .collect(),
        times: instants(from, to)
            .into_iter()
            .map(|(at, text)| (x(at), text))
            .collect(),
        declared: ends
            .filter(|end| (floor..=ceiling).contains(end))
            .map(y)
            .collect(),
    })
}

/// Round values between two.
fn steps(floor: f64, ceiling: f64) -> Vec<f64> {
    let rough = (ceiling - floor) / TICKS;
    let size = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * size)
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let first = (floor / step).ceil();
    (0..=8)
        .map(|at| (first + f64::from(at)) * step)
        .take_while(|value| *value <= ceiling)
        // 0.1 + 0.2 is no 0.3.
        .map(|value| (value / step).round() * step)
        .collect()
}

/// Round instants between two, as short as they can be told.
fn instants(from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, String)> {
    const SIZES: [i64; 16] = [
        1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
        7_776_000, 31_536_000,
    ];
    let span = (to - from).num_seconds();
    let step = SIZES
        .into_iter()
        .find(|size| span / size <= 7)
        .unwrap_or(span / 6 + 1);
    let format = match step {
        step if step < 60 => "%H:%M:%S",
        step if step < 43_200 => "%H:%M",
        step if step < 2_592_000 => "%-d %b",
        _ => "%b %Y",
    };
    let first = from.timestamp().div_euclid(step) + 1;
    (0..=8)
        .filter_map(|at| DateTime::from_timestamp((first + at) * step, 0))
        // Texts must not be cut by the edge.
        .take_while(|at| *at < to - TimeDelta::seconds(span / 40))
        .map(|at| (at, at.format(format).to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 / 3_600 * 3_600 + minute * 60, 0).unwrap()
    }

    fn band(minute: i64, value: f64) -> Band {
        Band {
            start: at(minute),
            end: at(minute + 1),
            low: value - 1.0,
            mean: value,
            high: value + 1.0,
        }
    }

    #[test]
    fn a_line_is_broken_where_buckets_are_empty() {
        let bands = [band(0, 1.0), band(1, 2.0), band(5, 3.0), band(6, 1.0)];
        let picture = picture(&bands, at(0), at(10), None).unwrap();
        assert_eq!(picture.line.matches('M').count(), 2);
        assert_eq!(picture.band.matches('Z').count(), 2);
        assert!(!picture.values.is_empty() && !picture.times.is_empty());
    }

    #[test]
    fn what_is_constant_or_absent_is_no_division_by_nothing() {
        assert!(picture(&[], at(0), at(10), None).is_none());
        let flat = Band {
            low: 5.0,
            mean: 5.0,
            high: 5.0,
            ..band(0, 5.0)
        };
        let drawn = picture(
            &[flat],
            at(0),
            at(10),
            Some(Range {
                min: Some(5.0),
                max: Some(90.0),
            }),
        )
        .unwrap();
        assert!(!drawn.line.contains("NaN") && !drawn.band.contains("NaN"));
        assert_eq!(drawn.declared.len(), 1);
    }

    #[test]
    fn scales_have_round_values() {
        assert_eq!(steps(0.3, 4.4), [2.0, 4.0]);
        assert_eq!(steps(17.1, 21.2), [18.0, 20.0]);
    }
}
