//! From one unit to another of its kind, without errors of its own: 0 °C is 273.15 K, and not 273.15000000000003.

use super::registry::Measure;

/// The way from one unit to another: `(value × scale + offset) ÷ divisor`.
///
/// The three are whole numbers, and what is calculated with them is rounded once, at the end.
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
        self.sum(value, 1.0)
    }

    /// A sum of so many values; or an area over so many seconds.
    pub fn sum(&self, sum: f64, count: f64) -> f64 {
        self.exact(sum, self.offset * count)
    }

    /// A distance between values.
    pub fn scaled(&self, distance: f64) -> f64 {
        self.exact(distance, 0.0)
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
    clippy::cast_precision_loss,
    reason = "reduced, they are far below 2^53; a test looks at all of them"
)]
fn float(whole: i128) -> f64 {
    whole as f64
}

#[cfg(test)]
mod tests;
