//! Units of measurement: what a declared unit means.
//!
//! A declared unit is kept verbatim; its meaning is looked up by unit and by the sensor's type, because the same letter
//! means different things: "C" of a temperature is the degree Celsius (UCUM `Cel`), of a charge the coulomb (UCUM `C`),
//! and of anything else it is not guessed.
//! Codes are those of UCUM 2.1 (<https://ucum.org>) and QUDT 3 (<https://qudt.org>).

use crate::load::UnitMeaning;

/// One row of the registry: how the unit is written, for which types of sensors, and what it means.
struct Row {
    /// Declared units, verbatim; upper and lower case differ (mW is no MW).
    written: &'static [&'static str],
    /// Types of sensors, in lower case, for which this holds; empty: for all.
    types: &'static [&'static str],
    ucum: &'static str,
    qudt: &'static str,
    quantity_kind: &'static str,
    symbol: &'static str,
}

const TEMPERATURE: &[&str] = &[
    "temperature",
    "ambient_temperature",
    "air_temperature",
    "water_temperature",
];

macro_rules! row {
    ($written:expr, $types:expr, $ucum:literal, $qudt:literal, $kind:literal, $symbol:literal) => {
        Row {
            written: &$written,
            types: $types,
            ucum: $ucum,
            qudt: concat!("http://qudt.org/vocab/unit/", $qudt),
            quantity_kind: $kind,
            symbol: $symbol,
        }
    };
}

const ROWS: &[Row] = &[
    row!(["C", "c"], TEMPERATURE, "Cel", "DEG_C", "Temperature", "°C"),
    row!(["F", "f"], TEMPERATURE, "[degF]", "DEG_F", "Temperature", "°F"),
    row!(
        ["C"],
        &["charge", "electric_charge"],
        "C",
        "C",
        "ElectricCharge",
        "C"
    ),
    row!(
        ["°C", "℃", "degC", "Cel", "celsius", "Celsius"],
        &[],
        "Cel",
        "DEG_C",
        "Temperature",
        "°C"
    ),
    row!(
        ["°F", "℉", "degF", "[degF]", "fahrenheit", "Fahrenheit"],
        &[],
        "[degF]",
        "DEG_F",
        "Temperature",
        "°F"
    ),
    row!(["K", "kelvin", "Kelvin"], &[], "K", "K", "Temperature", "K"),
    row!(
        ["%", "percent", "pct"],
        &[],
        "%",
        "PERCENT",
        "DimensionlessRatio",
        "%"
    ),
    row!(["W", "watt"], &[], "W", "W", "Power", "W"),
    row!(["kW"], &[], "kW", "KiloW", "Power", "kW"),
    row!(["MW"], &[], "MW", "MegaW", "Power", "MW"),
    row!(["Wh", "W.h", "W·h"], &[], "W.h", "W-HR", "Energy", "Wh"),
    row!(["kWh", "kW.h", "kW·h"], &[], "kW.h", "KiloW-HR", "Energy", "kWh"),
    row!(["MWh", "MW.h", "MW·h"], &[], "MW.h", "MegaW-HR", "Energy", "MWh"),
    row!(["V", "volt"], &[], "V", "V", "Voltage", "V"),
    row!(["kV"], &[], "kV", "KiloV", "Voltage", "kV"),
    row!(["A", "ampere"], &[], "A", "A", "ElectricCurrent", "A"),
    row!(["Hz", "hertz"], &[], "Hz", "HZ", "Frequency", "Hz"),
    row!(["Pa", "pascal"], &[], "Pa", "PA", "Pressure", "Pa"),
    row!(["hPa", "mbar"], &[], "hPa", "HectoPA", "Pressure", "hPa"),
    row!(["bar"], &[], "bar", "BAR", "Pressure", "bar"),
    row!(
        ["m3/h", "m³/h", "m3.h-1"],
        &[],
        "m3.h-1",
        "M3-PER-HR",
        "VolumeFlowRate",
        "m³/h"
    ),
    row!(
        ["l/min", "L/min", "L.min-1"],
        &[],
        "L.min-1",
        "L-PER-MIN",
        "VolumeFlowRate",
        "L/min"
    ),
    row!(["m/s", "m.s-1"], &[], "m.s-1", "M-PER-SEC", "Speed", "m/s"),
    row!(
        ["mm/s", "mm.s-1"],
        &[],
        "mm.s-1",
        "MilliM-PER-SEC",
        "Speed",
        "mm/s"
    ),
    row!(["°", "deg", "degree"], &[], "deg", "DEG", "Angle", "°"),
    row!(
        ["W/m2", "W/m²", "W.m-2"],
        &[],
        "W.m-2",
        "W-PER-M2",
        "Irradiance",
        "W/m²"
    ),
    row!(["VA", "V.A", "V·A"], &[], "V.A", "V-A", "ApparentPower", "VA"),
    row!(
        ["var", "VAr", "VAR"],
        &[],
        "V.A{reactive}",
        "VAR",
        "ReactivePower",
        "var"
    ),
    row!(
        ["kvar", "kVAr", "kVAR"],
        &[],
        "kV.A{reactive}",
        "KiloVAR",
        "ReactivePower",
        "kvar"
    ),
    row!(
        ["rpm", "1/min", "U/min", "{#}.min-1"],
        &[],
        "{#}.min-1",
        "REV-PER-MIN",
        "RotationalFrequency",
        "rpm"
    ),
    row!(["m", "metre", "meter"], &[], "m", "M", "Length", "m"),
    row!(["ppm"], &[], "[ppm]", "PPM", "MoleFraction", "ppm"),
];

/// What `declared` means for a sensor of type `kind`; `None` when that is not certain.
pub fn meaning(declared: &str, kind: Option<&str>) -> Option<UnitMeaning> {
    let declared = declared.trim();
    let kind = kind.map(|kind| kind.trim().to_lowercase());
    ROWS.iter()
        .find(|row| {
            let of_type =
                row.types.is_empty() || kind.as_deref().is_some_and(|kind| row.types.contains(&kind));
            of_type && row.written.contains(&declared)
        })
        .map(|row| UnitMeaning {
            ucum: row.ucum,
            qudt: row.qudt,
            quantity_kind: row.quantity_kind,
            symbol: row.symbol,
        })
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
