//! From one unit to another of its kind, without errors of its own: 0 °C is 273.15 K, and not 273.15000000000003.

use super::registry::Measure;

/// The way from one unit to another: `(value × scale + offset) ÷ divisor`.
///
/// The three are whole numbers, and what is calculated with them is rounded once, at the end. A value is taken for the
/// decimal number that people write for it, where there is a short one: the binary number nearest to 273.15 lies a little
/// below it, and 273.15 K would otherwise be -0.00000000000002 °C.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conversion {
    scale: f64,
    offset: f64,
    divisor: f64,
}

impl Conversion {
    /// From a unit to itself.
    pub const IDENTITY: Self = Self {
        scale: 1.0,
        offset: 0.0,
        divisor: 1.0,
    };

    pub(super) fn between(from: Measure, to: Measure) -> Self {
        let [from, to] = [from, to].map(|measure| {
            let Measure {
                scale,
                offset,
                divisor,
            } = measure;
            [i128::from(scale), i128::from(offset), i128::from(divisor)]
        });
        let scale = from[0] * to[2];
        let offset = from[1] * to[2] - to[1] * from[2];
        let divisor = from[2] * to[0];
        let common = common_divisor(common_divisor(scale, offset), divisor);
        let number = |whole: i128| float(whole / common);
        Self {
            scale: number(scale),
            offset: number(offset),
            divisor: number(divisor),
        }
    }

    /// What a value is multiplied by; together with the divisor.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// What is added after that, before dividing.
    pub fn offset(&self) -> f64 {
        self.offset
    }

    /// What all is divided by.
    pub fn divisor(&self) -> f64 {
        self.divisor
    }

    /// Whether values stay as they are.
    pub fn is_identity(&self) -> bool {
        *self == Self::IDENTITY
    }

    /// A value.
    pub fn value(&self, value: f64) -> f64 {
        self.decimal(value, self.offset)
            .unwrap_or_else(|| self.exact(value, self.offset))
    }

    /// A sum of so many values; or an area over so many seconds.
    pub fn sum(&self, sum: f64, count: f64) -> f64 {
        self.exact(sum, self.offset * count)
    }

    /// A distance between values.
    pub fn scaled(&self, distance: f64) -> f64 {
        self.decimal(distance, 0.0)
            .unwrap_or_else(|| self.exact(distance, 0.0))
    }

    /// Of a number with so few digits that a fraction of whole numbers gives the result; `None` of any other.
    fn decimal(&self, value: f64, offset: f64) -> Option<f64> {
        if self.is_identity() {
            return Some(value);
        }
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e')?;
        let places = digits.split_once('.').map_or(0, |(_, places)| places.len());
        let mantissa: i64 = digits.replace('.', "").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()? - i32::try_from(places).ok()?;
        let power = 10_i64.checked_pow(exponent.unsigned_abs())?;
        let [scale, offset, divisor] = [self.scale, offset, self.divisor].map(whole);
        let scaled = mantissa.checked_mul(scale)?;
        let (above, below) = if exponent < 0 {
            let above = scaled.checked_add(offset.checked_mul(power)?)?;
            (above, divisor.checked_mul(power)?)
        } else {
            (scaled.checked_mul(power)?.checked_add(offset)?, divisor)
        };
        // Both are exact as numbers of 53 bits, and so their quotient is rounded once.
        let fits = |number: i64| number.unsigned_abs() <= 1 << 53;
        (fits(above) && fits(below)).then(|| float(above.into()) / float(below.into()))
    }

    /// Every step keeps what it rounds off (Dekker 1971), and the last adds it again.
    fn exact(&self, value: f64, offset: f64) -> f64 {
        if self.is_identity() {
            return value;
        }
        let product = value * self.scale;
        let product_rest = value.mul_add(self.scale, -product);
        let sum = product + offset;
        let added = sum - product;
        let sum_rest = (product - (sum - added)) + (offset - added);
        let quotient = sum / self.divisor;
        let remainder = (-quotient).mul_add(self.divisor, sum) + (product_rest + sum_rest);
        let rounded = quotient + remainder / self.divisor;
        // Beyond the largest number there is no rest.
        if rounded.is_nan() { quotient } else { rounded }
    }
}

/// The greatest common divisor; of a number and 0, the number.
fn common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole numbers far below 2^53; a test looks at all of them"
)]
fn whole(number: f64) -> i64 {
    number as i64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "whole numbers below 2^53; a test looks at all of them"
)]
fn float(whole: i128) -> f64 {
    whole as f64
}

#[cfg(test)]
mod tests;
