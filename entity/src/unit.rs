//! Units of measurement: what a declared unit means, and how its values are said in others.
//!
//! A declared unit is kept verbatim; its meaning is looked up by unit and by the sensor's type, because the same letter
//! means different things: "C" of a temperature is the degree Celsius (UCUM `Cel`), of a charge the coulomb (UCUM `C`),
//! and of anything else it is not guessed.
//! Codes are those of UCUM 2.1 (<https://ucum.org>) and QUDT 3 (<https://qudt.org>).

mod conversion;
mod registry;

pub use conversion::Conversion;

use self::registry::{ROWS, Row};
use crate::load::UnitMeaning;

/// What `declared` means for a sensor of type `kind`; `None` when that is not certain.
pub fn meaning(declared: &str, kind: Option<&str>) -> Option<UnitMeaning> {
    row(declared, kind).map(|row| UnitMeaning {
        ucum: row.ucum,
        qudt: row.qudt,
        quantity_kind: row.quantity_kind,
        symbol: row.symbol,
    })
}

/// Whether any unit is written like this.
pub fn is_known(written: &str) -> bool {
    ROWS.iter().any(|row| row.is_written(written))
}

fn row(declared: &str, kind: Option<&str>) -> Option<&'static Row> {
    let declared = declared.trim();
    let kind = kind.map(|kind| kind.trim().to_lowercase());
    ROWS.iter().find(|row| {
        let of_type = row.types.is_empty() || kind.as_deref().is_some_and(|kind| row.types.contains(&kind));
        of_type && row.written.contains(&declared)
    })
}

impl Row {
    fn is_written(&self, text: &str) -> bool {
        self.ucum == text || self.written.contains(&text)
    }
}

/// A unit that is understood.
#[derive(Clone, Copy)]
pub struct Known(&'static Row);

impl Known {
    /// The unit of a sensor: by its UCUM code where the database has it, otherwise by what it declares and its type.
    pub fn of(declared: &str, ucum: Option<&str>, kind: Option<&str>) -> Option<Self> {
        let by_code = |ucum| ROWS.iter().find(|row| row.ucum == ucum);
        ucum.and_then(by_code).or_else(|| row(declared, kind)).map(Self)
    }

    /// All units that are understood, each once.
    pub fn all() -> impl Iterator<Item = Self> {
        let is_first =
            |&(at, row): &(usize, &Row)| ROWS.iter().position(|other| other.ucum == row.ucum) == Some(at);
        ROWS.iter().enumerate().filter(is_first).map(|(_, row)| Self(row))
    }

    /// How it is written beside a value.
    pub fn symbol(self) -> &'static str {
        self.0.symbol
    }

    /// Its address in QUDT.
    pub fn qudt(self) -> &'static str {
        self.0.qudt
    }

    /// The ways in which a sensor may declare it, its UCUM code first.
    pub fn written(self) -> Vec<&'static str> {
        let mut written = vec![self.0.ucum];
        let same = ROWS.iter().filter(|row| row.ucum == self.0.ucum);
        for text in same.flat_map(|row| row.written) {
            // "C" is a degree Celsius for temperatures only: what a type decides is not said of the unit alone.
            if !written.contains(text) && row(text, None).is_some_and(|row| row.ucum == self.0.ucum) {
                written.push(text);
            }
        }
        written
    }

    /// Its code in UCUM.
    pub fn ucum(self) -> &'static str {
        self.0.ucum
    }

    /// What it measures, in the words of QUDT.
    pub fn quantity_kind(self) -> &'static str {
        self.0.quantity_kind
    }

    /// The unit of the same kind that is written like this, by its UCUM code or otherwise, and the way to it.
    pub fn to(self, written: &str) -> Option<(Self, Conversion)> {
        let other = self.alike().find(|row| row.is_written(written.trim()))?;
        Some((Self(other), Conversion::between(self.0.measure, other.measure)))
    }

    /// The UCUM codes of all units that it can be converted into, itself among them.
    pub fn convertible(self) -> Vec<&'static str> {
        let mut codes: Vec<&str> = Vec::new();
        for row in self.alike() {
            if !codes.contains(&row.ucum) {
                codes.push(row.ucum);
            }
        }
        codes
    }

    /// The unit of an integral of its values over time.
    pub fn integral(self) -> Integral {
        match self.0.integral {
            Some((unit, per_hour)) => Integral {
                unit: unit.to_owned(),
                per_hour: per_hour.into(),
            },
            None => Integral::of_unknown(self.0.ucum),
        }
    }

    fn alike(self) -> impl Iterator<Item = &'static Row> {
        ROWS.iter()
            .filter(move |row| row.quantity_kind == self.0.quantity_kind)
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.0.ucum == other.0.ucum
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Known").field(&self.0.ucum).finish()
    }
}

/// The unit of an integral over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Integral {
    /// As a UCUM code, where the value's unit is understood.
    pub unit: String,
    /// How many of it an hour of one value gives.
    per_hour: f64,
}

impl Integral {
    /// An hour of a unit that has no shorter name for that.
    pub fn of_unknown(unit: &str) -> Self {
        Self {
            unit: format!("{unit}.h"),
            per_hour: 1.0,
        }
    }

    /// The integral, of an area in values times seconds.
    pub fn of(&self, area: f64) -> f64 {
        area * self.per_hour / 3_600.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_is_celsius_of_a_temperature_coulomb_of_a_charge_and_otherwise_unknown() {
        assert_eq!(
            meaning("C", Some("temperature")).map(|unit| unit.ucum),
            Some("Cel")
        );
        assert_eq!(
            meaning("C", Some("Temperature")).map(|unit| unit.ucum),
            Some("Cel")
        );
        assert_eq!(meaning("C", Some("charge")).map(|unit| unit.ucum), Some("C"));
        assert_eq!(meaning("C", Some("pressure")), None);
        assert_eq!(meaning("C", None), None);
    }

    #[test]
    fn case_decides_between_units_a_billion_apart() {
        assert_eq!(meaning("MW", None).map(|unit| unit.ucum), Some("MW"));
        assert_eq!(meaning("mW", None), None);
        assert_eq!(meaning("mA", None).map(|unit| unit.ucum), Some("mA"));
    }

    fn known(declared: &str) -> Known {
        Known::of(declared, None, None).unwrap()
    }

    #[test]
    fn a_unit_is_found_again_by_what_it_measures() {
        let celsius = Known::of("C", None, Some("temperature")).unwrap();
        for (asked, ucum) in [
            ("K", "K"),
            ("F", "[degF]"),
            ("°F", "[degF]"),
            ("C", "Cel"),
            ("Cel", "Cel"),
        ] {
            assert_eq!(
                celsius.to(asked).map(|(unit, _)| unit.ucum()),
                Some(ucum),
                "{asked}"
            );
        }
        for asked in ["kW", "", "k", "kelvins", "Pa"] {
            assert_eq!(celsius.to(asked), None, "{asked}");
        }
        assert_eq!(celsius.convertible(), ["Cel", "[degF]", "K"]);
        // What the database knows goes before what is written.
        assert_eq!(Known::of("?", Some("bar"), None).map(Known::ucum), Some("bar"));
        assert_eq!(Known::of("widgets", None, None), None);
        assert!(is_known("psi") && is_known("m3.h-1") && !is_known("widgets"));
    }

    #[test]
    fn an_integral_has_the_unit_that_people_use() {
        for (unit, integral, per_hour) in [
            ("W", "W.h", 1.0),
            ("kW", "kW.h", 1.0),
            ("MW", "MW.h", 1.0),
            ("m3/h", "m3", 1.0),
            ("L/min", "L", 60.0),
            ("m3/s", "m3", 3_600.0),
            ("A", "A.h", 1.0),
            ("W/m2", "W.h.m-2", 1.0),
            ("m/s", "m", 3_600.0),
            ("°C", "Cel.h", 1.0),
            ("%", "%.h", 1.0),
        ] {
            let given = known(unit).integral();
            assert_eq!(
                (given.unit.as_str(), given.of(3_600.0)),
                (integral, per_hour),
                "{unit}"
            );
        }
        assert_eq!(Integral::of_unknown("widgets").unit, "widgets.h");
    }

    #[test]
    fn a_kind_has_each_code_once_and_each_written_form_for_one_of_them() {
        for row in ROWS {
            for other in ROWS
                .iter()
                .filter(|other| other.quantity_kind == row.quantity_kind)
            {
                let alike = row.ucum == other.ucum;
                assert!(alike || !row.written.iter().any(|written| other.written.contains(written)));
                assert!(alike || !other.written.contains(&row.ucum), "{}", row.ucum);
                assert_eq!(alike, row.qudt == other.qudt, "{} and {}", row.ucum, other.ucum);
            }
        }
    }

    #[test]
    fn a_written_form_has_one_meaning_for_a_type() {
        for row in ROWS {
            for written in row.written {
                let of: Vec<Option<&str>> = if row.types.is_empty() {
                    vec![None]
                } else {
                    row.types.iter().map(|kind| Some(*kind)).collect()
                };
                for kind in of {
                    assert_eq!(
                        meaning(written, kind).map(|unit| unit.qudt),
                        Some(row.qudt),
                        "{written} of {kind:?}"
                    );
                }
            }
        }
    }
}
