//! Counts, shares, sizes and values.

/// A number, or a reference to one, of whatever depth templates make it.
pub(crate) trait Number {
    /// The number.
    fn number(self) -> f64;
}

impl Number for f64 {
    fn number(self) -> f64 {
        self
    }
}

impl<N: Number + Copy> Number for &N {
    fn number(self) -> f64 {
        (*self).number()
    }
}

/// A count with its thousands apart: `1,234,567`.
pub(crate) fn count(number: impl Number) -> String {
    let number = number.number();
    let rounded = format!("{:.0}", number.abs());
    let mut out = String::with_capacity(rounded.len() * 4 / 3 + 1);
    if number < -0.5 {
        out.push('−');
    }
    for (at, digit) in rounded.chars().enumerate() {
        if at > 0 && (rounded.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share of 0 to 1 in percent. What is not all is never said to be 100 %, and what is something never 0 %.
pub(crate) fn percent(share: impl Number) -> String {
    let share = share.number();
    let percent = share * 100.0;
    if share >= 1.0 {
        return "100 %".to_owned();
    }
    if percent > 99.99 {
        return "over 99.99 %".to_owned();
    }
    if share > 0.0 && percent < 0.01 {
        return "under 0.01 %".to_owned();
    }
    let digits = if (0.1..=99.9).contains(&percent) { 1 } else { 2 };
    let text = format!("{percent:.digits$}");
    format!("{} %", trimmed(&text))
}

/// Without zeros at the end of its fraction.
fn trimmed(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// Bytes in decimal units with three digits: `1.23 GB`.
pub(crate) fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut size = bytes;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    let digits = match size {
        _ if unit == 0 => 0,
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    format!("{size:.digits$} {}", UNITS[unit])
}

/// A measured value with six significant digits at most, its last zeros left out.
pub(crate) fn value(value: impl Number) -> String {
    let value = value.number();
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    if !(1e-4..1e9).contains(&size) {
        return format!("{value:.5e}").replace('-', "−");
    }
    // How often it can be ten times as large within six digits.
    let digits = (0..9)
        .take_while(|at| size * 10_f64.powi(*at) < 99_999.95)
        .count();
    let text = format!("{value:.digits$}");
    trimmed(&text).replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_apart() {
        for (number, said) in [
            (0.0, "0"),
            (999.0, "999"),
            (1_000.0, "1,000"),
            (-12_345.0, "−12,345"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(count(number), said);
        }
    }

    #[test]
    fn shares_never_say_all_or_nothing_where_it_is_not() {
        for (share, said) in [
            (1.0, "100 %"),
            (0.999_999, "over 99.99 %"),
            (0.9996, "99.96 %"),
            (0.998, "99.8 %"),
            (0.5, "50 %"),
            (0.1234, "12.3 %"),
            (0.000_5, "0.05 %"),
            (0.000_001, "under 0.01 %"),
            (0.0, "0 %"),
        ] {
            assert_eq!(percent(share), said);
        }
    }

    #[test]
    fn sizes_have_three_digits() {
        for (size, said) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1_234.0, "1.23 kB"),
            (9_995_000.0, "10.0 MB"),
            (123_456_789_000.0, "123 GB"),
            (999_600.0, "1.00 MB"),
        ] {
            assert_eq!(bytes(size), said);
        }
    }

    #[test]
    fn values_are_short_and_keep_what_counts() {
        for (number, said) in [
            (0.0, "0"),
            (17.0, "17"),
            (-0.5, "−0.5"),
            (21.456_789, "21.4568"),
            (120_000_123.0, "120000123"),
            (1e12, "1.00000e12"),
            (0.000_012_3, "1.23000e−5"),
        ] {
            assert_eq!(value(number), said);
        }
    }
}
