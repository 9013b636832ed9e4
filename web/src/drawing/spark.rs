//! A small line without scales, for tables.

use std::fmt::Write as _;

/// Width and height of the drawing's own units.
pub(crate) const WIDTH: f64 = 120.0;
pub(crate) const HEIGHT: f64 = 24.0;

/// How long a value is drawn that has no neighbours.
const DASH: f64 = 6.0;

/// The path of values at equal distances from the lowest to the highest, broken where there are none; empty without any.
pub(crate) fn path(values: &[Option<f64>]) -> String {
    let known = || values.iter().flatten().copied();
    let low = known().fold(f64::INFINITY, f64::min);
    let high = known().fold(f64::NEG_INFINITY, f64::max);
    if low.is_finite() && high.is_finite() {
        between(values, low, high)
    } else {
        String::new()
    }
}

/// The path of shares: a small change looks small.
pub(crate) fn shares(values: &[Option<f64>]) -> String {
    between(values, 0.0, 1.0)
}

fn between(values: &[Option<f64>], low: f64, high: f64) -> String {
    let x = |at: usize| at as f64 / (values.len().max(2) - 1) as f64 * (WIDTH - 2.0) + 1.0;
    let y = |value: f64| {
        if high > low {
            (high - value) / (high - low) * (HEIGHT - 4.0) + 2.0
        } else {
            HEIGHT / 2.0
        }
    };
    let mut path = String::new();
    let mut is_down = false;
    for (at, value) in values.iter().enumerate() {
        match value {
            Some(value) => {
                let pen = if is_down { 'L' } else { 'M' };
                let is_alone = !is_down && values.get(at + 1).is_none_or(Option::is_none);
                // A value alone is a dash around it: a dot would be overlooked.
                let x = if is_alone {
                    (x(at) - DASH / 2.0).clamp(1.0, WIDTH - 1.0 - DASH)
                } else {
                    x(at)
                };
                let _ = write!(path, "{pen}{x:.1} {:.1}", y(*value));
                if is_alone {
                    let _ = write!(path, "h{DASH}");
                }
                is_down = true;
            }
            None => is_down = false,
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_break_it_and_nothing_is_nothing() {
        assert_eq!(path(&[]), "");
        assert_eq!(path(&[None, None]), "");
        assert_eq!(path(&[Some(1.0)]), "M1.0 12.0h6");
        assert_eq!(path(&[None, Some(1.0)]), "M113.0 12.0h6");
        let broken = path(&[Some(1.0), Some(2.0), None, Some(3.0), Some(1.0)]);
        assert_eq!(broken.matches('M').count(), 2);
    }
}
