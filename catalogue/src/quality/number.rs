//! Whole numbers and floats into each other, where what might get lost is known not to matter.

/// Microseconds of one second.
pub(crate) const SECOND: f64 = 1e6;

/// Microseconds and counts: exact up to 2^53, which is 285 years of microseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "beyond 2^53 the last bits do not matter"
)]
pub(crate) fn float(number: i64) -> f64 {
    number as f64
}

/// Counts: exact up to 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "beyond 2^53 the last bits do not matter"
)]
pub(crate) fn float_of_count(number: u64) -> f64 {
    number as f64
}

/// The whole number that a float without a fraction is; the nearest bound for one beyond, 0 for NaN.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, which is what is said"
)]
pub(crate) fn whole(number: f64) -> i64 {
    number as i64
}

/// A count; 0 for what is negative.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// `numerator ÷ denominator`, rounded once; `None` by zero.
pub(crate) fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| float_of_count(numerator) / float_of_count(denominator))
}
