//! Values that people know, ways there and back, and every pair of the registry.

#![expect(clippy::float_cmp, reason = "exactness is the claim")]

use proptest::prelude::*;

use super::*;
use crate::unit::Known;
use crate::unit::registry::ROWS;

fn way(from: &str, to: &str) -> Conversion {
    Known::of(from, None, None).unwrap().to(to).unwrap().1
}

#[test]
fn known_values_are_exact() {
    for (from, value, to, expected) in [
        ("°C", 0.0, "K", 273.15),
        ("°C", 20.1, "K", 293.25),
        ("°C", -273.15, "K", 0.0),
        ("°C", 100.0, "°F", 212.0),
        ("°C", 36.6, "°F", 97.88),
        ("°C", -40.0, "°F", -40.0),
        ("K", 273.15, "°C", 0.0),
        ("K", 293.25, "°C", 20.1),
        ("°F", 32.0, "K", 273.15),
        ("°F", 32.0, "°C", 0.0),
        ("°F", 98.6, "°C", 37.0),
        ("psi", 1.0, "Pa", 6_894.757_293_168_362),
        ("bar", 1.0, "psi", 14.503_773_773_020_92),
        ("bar", 1.01325, "hPa", 1_013.25),
        ("mbar", 1_013.25, "hPa", 1_013.25),
        ("hPa", 1_013.25, "bar", 1.01325),
        ("kPa", 0.1, "Pa", 100.0),
        ("kWh", 1.0, "MJ", 3.6),
        ("GJ", 3.6, "MWh", 1.0),
        ("J", 1.0, "kWh", 1.0 / 3_600_000.0),
        ("MW", 0.0123, "kW", 12.3),
        ("GW", 1.1, "W", 1.1e9),
        ("l/min", 1.0, "m3/h", 0.06),
        ("m3/h", 3.6, "l/s", 1.0),
        ("m3/s", 0.1, "l/min", 6_000.0),
        ("m/s", 1.1, "km/h", 3.96),
        ("km/h", 100.0, "m/s", 100.0 / 3.6),
        ("mm/s", 4.5, "m/s", 0.0045),
        ("V", 230.4, "kV", 0.2304),
        ("A", 0.007, "mA", 7.0),
        ("kA", 1.2, "A", 1_200.0),
        ("Ah", 1.0, "A.h", 1.0),
        ("%", 55.5, "1", 0.555),
        ("ppm", 415.0, "ppb", 415_000.0),
        ("km", 1.1, "cm", 110_000.0),
        ("ft", 1.0, "mm", 304.8),
        ("t/h", 7.2, "kg/s", 2.0),
    ] {
        assert_eq!(way(from, to).value(value), expected, "{value} {from} in {to}");
    }
}

#[test]
fn sums_distances_and_areas_have_their_share_of_the_offset() {
    let fahrenheit = way("°C", "°F");
    assert_eq!(fahrenheit.sum(60.0, 3.0), 204.0);
    assert_eq!(fahrenheit.scaled(10.0), 18.0);
    assert_eq!(way("°C", "K").scaled(0.1), 0.1);
    // More digits than a fraction of whole numbers holds.
    assert_eq!(
        way("°C", "K").value(17.123_456_789_012_345),
        290.273_456_789_012_35
    );
}

#[test]
fn what_is_no_number_or_too_large_for_one_stays_so() {
    let way = way("km", "mm");
    assert!(way.value(f64::NAN).is_nan());
    assert_eq!(way.value(1.7e308), f64::INFINITY);
    assert_eq!(way.value(f64::NEG_INFINITY), f64::NEG_INFINITY);
    assert_eq!(Conversion::IDENTITY.value(1.7e308), 1.7e308);
}

#[test]
fn every_pair_has_whole_numbers_that_a_float_holds_and_comes_back() {
    for from in ROWS {
        for to in ROWS.iter().filter(|to| to.quantity_kind == from.quantity_kind) {
            let there = Conversion::between(from.measure, to.measure);
            let back = Conversion::between(to.measure, from.measure);
            for number in [there.scale, there.offset, there.divisor] {
                assert!(
                    number.fract() == 0.0 && number.abs() < 9e15,
                    "{} to {}",
                    from.ucum,
                    to.ucum
                );
            }
            assert!(there.scale > 0.0 && there.divisor > 0.0);
            let [a, b] =
                [from.measure, to.measure].map(|one| [one.scale, one.offset, one.divisor].map(i128::from));
            assert_eq!(
                there.is_identity(),
                a[0] * b[2] == b[0] * a[2] && a[1] * b[2] == b[1] * a[2],
                "{} to {}",
                from.ucum,
                to.ucum
            );
            for value in [0.0, 1.0, 20.1, -3.75, 1e9] {
                let again = back.value(there.value(value));
                let size = value.abs().max(there.offset.abs() / there.scale);
                assert!(
                    (again - value).abs() <= 4.0 * f64::EPSILON * size,
                    "{value} {}: {again}",
                    from.ucum
                );
            }
        }
    }
}

proptest! {
    /// Tenths and hundredths, as people write them, come back as they were.
    #[test]
    fn temperatures_come_back(hundredths in -27_315_i32..1_000_000) {
        let celsius = f64::from(hundredths) / 100.0;
        for unit in ["K", "°F"] {
            let there = way("°C", unit).value(celsius);
            let back = way(unit, "°C").value(there);
            prop_assert_eq!(back, celsius);
        }
        let kelvin = f64::from(hundredths + 27_315) / 100.0;
        prop_assert_eq!(way("°C", "K").value(celsius), kelvin);
    }
}
