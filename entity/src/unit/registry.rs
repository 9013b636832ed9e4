//! The units that are understood.

/// One row of the registry: how the unit is written, for which types of sensors, and what it means.
pub(super) struct Row {
    /// Declared units, verbatim; upper and lower case differ (mW is no MW).
    pub(super) written: &'static [&'static str],
    /// Types of sensors, in lower case, for which this holds; empty: for all.
    pub(super) types: &'static [&'static str],
    pub(super) ucum: &'static str,
    pub(super) qudt: &'static str,
    /// Units of one kind are converted into each other.
    pub(super) quantity_kind: &'static str,
    pub(super) symbol: &'static str,
    pub(super) measure: Measure,
    /// The unit of a value's integral over time, and how many of it an hour of one value gives. `None`: the unit times an
    /// hour has no shorter name.
    pub(super) integral: Option<(&'static str, u32)>,
}

/// A value in terms of its kind's common unit: `(value × scale + offset) ÷ divisor`, exactly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub(super) scale: i64,
    pub(super) offset: i64,
    pub(super) divisor: i64,
}

const TEMPERATURE: &[&str] = &[
    "temperature",
    "ambient_temperature",
    "air_temperature",
    "water_temperature",
];

macro_rules! row {
    ($written:expr, $types:expr, $ucum:literal, $qudt:literal, $kind:literal, $symbol:literal, $measure:expr, $integral:expr) => {
        Row {
            written: &$written,
            types: $types,
            ucum: $ucum,
            qudt: concat!("http://qudt.org/vocab/unit/", $qudt),
            quantity_kind: $kind,
            symbol: $symbol,
            measure: $measure,
            integral: $integral,
        }
    };
}

const fn affine(scale: i64, offset: i64, divisor: i64) -> Measure {
    Measure {
        scale,
        offset,
        divisor,
    }
}

const fn times(scale: i64) -> Measure {
    affine(scale, 0, 1)
}

const fn by(divisor: i64) -> Measure {
    affine(1, 0, divisor)
}

/// Common units are those of the SI without prefix; the pound-force of the psi is that of 1959 (4.4482216152605 N).
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row!(["C", "c"], TEMPERATURE, "Cel", "DEG_C", "Temperature", "°C", affine(100, 27_315, 100), None),
    row!(["F", "f"], TEMPERATURE, "[degF]", "DEG_F", "Temperature", "°F", affine(500, 229_835, 900), None),
    row!(["C"], &["charge", "electric_charge"], "C", "C", "ElectricCharge", "C", times(1), None),
    row!(["Ah", "A.h", "A·h"], &[], "A.h", "A-HR", "ElectricCharge", "Ah", times(3_600), None),
    row!(["°C", "℃", "degC", "Cel", "celsius", "Celsius"], &[], "Cel", "DEG_C", "Temperature", "°C", affine(100, 27_315, 100), None),
    row!(["°F", "℉", "degF", "[degF]", "fahrenheit", "Fahrenheit"], &[], "[degF]", "DEG_F", "Temperature", "°F", affine(500, 229_835, 900), None),
    row!(["K", "kelvin", "Kelvin"], &[], "K", "K", "Temperature", "K", times(1), None),
    row!(["%", "percent", "pct"], &[], "%", "PERCENT", "DimensionlessRatio", "%", by(100), None),
    row!(["1", "fraction"], &[], "1", "UNITLESS", "DimensionlessRatio", "1", times(1), Some(("h", 1))),
    row!(["ppm"], &[], "[ppm]", "PPM", "MoleFraction", "ppm", by(1_000_000), None),
    row!(["ppb"], &[], "[ppb]", "PPB", "MoleFraction", "ppb", by(1_000_000_000), None),
    row!(["W", "watt"], &[], "W", "W", "Power", "W", times(1), Some(("W.h", 1))),
    row!(["kW"], &[], "kW", "KiloW", "Power", "kW", times(1_000), Some(("kW.h", 1))),
    row!(["MW"], &[], "MW", "MegaW", "Power", "MW", times(1_000_000), Some(("MW.h", 1))),
    row!(["GW"], &[], "GW", "GigaW", "Power", "GW", times(1_000_000_000), Some(("GW.h", 1))),
    row!(["Wh", "W.h", "W·h"], &[], "W.h", "W-HR", "Energy", "Wh", times(3_600), None),
    row!(["kWh", "kW.h", "kW·h"], &[], "kW.h", "KiloW-HR", "Energy", "kWh", times(3_600_000), None),
    row!(["MWh", "MW.h", "MW·h"], &[], "MW.h", "MegaW-HR", "Energy", "MWh", times(3_600_000_000), None),
    row!(["GWh", "GW.h", "GW·h"], &[], "GW.h", "GigaW-HR", "Energy", "GWh", times(3_600_000_000_000), None),
    row!(["J", "joule"], &[], "J", "J", "Energy", "J", times(1), None),
    row!(["kJ"], &[], "kJ", "KiloJ", "Energy", "kJ", times(1_000), None),
    row!(["MJ"], &[], "MJ", "MegaJ", "Energy", "MJ", times(1_000_000), None),
    row!(["GJ"], &[], "GJ", "GigaJ", "Energy", "GJ", times(1_000_000_000), None),
    row!(["VA", "V.A", "V·A"], &[], "V.A", "V-A", "ApparentPower", "VA", times(1), Some(("V.A.h", 1))),
    row!(["kVA", "kV.A", "kV·A"], &[], "kV.A", "KiloV-A", "ApparentPower", "kVA", times(1_000), Some(("kV.A.h", 1))),
    row!(["var", "VAr", "VAR"], &[], "V.A{reactive}", "VAR", "ReactivePower", "var", times(1), None),
    row!(["kvar", "kVAr", "kVAR"], &[], "kV.A{reactive}", "KiloVAR", "ReactivePower", "kvar", times(1_000), None),
    row!(["mV"], &[], "mV", "MilliV", "Voltage", "mV", by(1_000), None),
    row!(["V", "volt"], &[], "V", "V", "Voltage", "V", times(1), None),
    row!(["kV"], &[], "kV", "KiloV", "Voltage", "kV", times(1_000), None),
    row!(["mA"], &[], "mA", "MilliA", "ElectricCurrent", "mA", by(1_000), Some(("mA.h", 1))),
    row!(["A", "ampere"], &[], "A", "A", "ElectricCurrent", "A", times(1), Some(("A.h", 1))),
    row!(["kA"], &[], "kA", "KiloA", "ElectricCurrent", "kA", times(1_000), Some(("kA.h", 1))),
    row!(["Ohm", "ohm", "Ω", "Ω"], &[], "Ohm", "OHM", "Resistance", "Ω", times(1), None),
    row!(["Hz", "hertz"], &[], "Hz", "HZ", "Frequency", "Hz", times(1), None),
    row!(["kHz"], &[], "kHz", "KiloHZ", "Frequency", "kHz", times(1_000), None),
    row!(["rpm", "1/min", "U/min", "{#}.min-1"], &[], "{#}.min-1", "REV-PER-MIN", "RotationalFrequency", "rpm", by(60), Some(("{#}", 60))),
    row!(["Pa", "pascal"], &[], "Pa", "PA", "Pressure", "Pa", times(1), None),
    row!(["hPa"], &[], "hPa", "HectoPA", "Pressure", "hPa", times(100), None),
    row!(["kPa"], &[], "kPa", "KiloPA", "Pressure", "kPa", times(1_000), None),
    row!(["MPa"], &[], "MPa", "MegaPA", "Pressure", "MPa", times(1_000_000), None),
    row!(["mbar"], &[], "mbar", "MilliBAR", "Pressure", "mbar", times(100), None),
    row!(["bar"], &[], "bar", "BAR", "Pressure", "bar", times(100_000), None),
    row!(["psi", "PSI"], &[], "[psi]", "PSI", "Pressure", "psi", affine(44_482_216_152_605, 0, 6_451_600_000), None),
    row!(["m3/h", "m³/h", "m3.h-1"], &[], "m3.h-1", "M3-PER-HR", "VolumeFlowRate", "m³/h", by(3_600), Some(("m3", 1))),
    row!(["m3/min", "m³/min", "m3.min-1"], &[], "m3.min-1", "M3-PER-MIN", "VolumeFlowRate", "m³/min", by(60), Some(("m3", 60))),
    row!(["m3/s", "m³/s", "m3.s-1"], &[], "m3.s-1", "M3-PER-SEC", "VolumeFlowRate", "m³/s", times(1), Some(("m3", 3_600))),
    row!(["l/h", "L/h", "L.h-1"], &[], "L.h-1", "L-PER-HR", "VolumeFlowRate", "L/h", by(3_600_000), Some(("L", 1))),
    row!(["l/min", "L/min", "L.min-1"], &[], "L.min-1", "L-PER-MIN", "VolumeFlowRate", "L/min", by(60_000), Some(("L", 60))),
    row!(["l/s", "L/s", "L.s-1"], &[], "L.s-1", "L-PER-SEC", "VolumeFlowRate", "L/s", by(1_000), Some(("L", 3_600))),
    row!(["m3", "m³"], &[], "m3", "M3", "Volume", "m³", times(1), None),
    row!(["l", "L", "litre", "liter"], &[], "L", "L", "Volume", "L", by(1_000), None),
    row!(["kg"], &[], "kg", "KiloGM", "Mass", "kg", times(1), None),
    row!(["t", "tonne"], &[], "t", "TONNE", "Mass", "t", times(1_000), None),
    row!(["kg/h", "kg.h-1"], &[], "kg.h-1", "KiloGM-PER-HR", "MassFlowRate", "kg/h", by(3_600), Some(("kg", 1))),
    row!(["kg/s", "kg.s-1"], &[], "kg.s-1", "KiloGM-PER-SEC", "MassFlowRate", "kg/s", times(1), Some(("kg", 3_600))),
    row!(["t/h", "t.h-1"], &[], "t.h-1", "TONNE-PER-HR", "MassFlowRate", "t/h", affine(10, 0, 36), Some(("t", 1))),
    row!(["m/s", "m.s-1"], &[], "m.s-1", "M-PER-SEC", "Speed", "m/s", times(1), Some(("m", 3_600))),
    row!(["mm/s", "mm.s-1"], &[], "mm.s-1", "MilliM-PER-SEC", "Speed", "mm/s", by(1_000), Some(("mm", 3_600))),
    row!(["km/h", "km.h-1"], &[], "km.h-1", "KiloM-PER-HR", "Speed", "km/h", affine(10, 0, 36), Some(("km", 1))),
    row!(["mph", "[mi_i].h-1"], &[], "[mi_i].h-1", "MI-PER-HR", "Speed", "mph", affine(44_704, 0, 100_000), Some(("[mi_i]", 1))),
    row!(["m/s2", "m/s²", "m.s-2"], &[], "m.s-2", "M-PER-SEC2", "Acceleration", "m/s²", times(1), Some(("m.s-1", 3_600))),
    row!(["mm"], &[], "mm", "MilliM", "Length", "mm", by(1_000), None),
    row!(["cm"], &[], "cm", "CentiM", "Length", "cm", by(100), None),
    row!(["m", "metre", "meter"], &[], "m", "M", "Length", "m", times(1), None),
    row!(["km"], &[], "km", "KiloM", "Length", "km", times(1_000), None),
    row!(["ft", "[ft_i]"], &[], "[ft_i]", "FT", "Length", "ft", affine(3_048, 0, 10_000), None),
    row!(["s", "sec", "second", "seconds"], &[], "s", "SEC", "Time", "s", times(1), None),
    row!(["min", "minute", "minutes"], &[], "min", "MIN", "Time", "min", times(60), None),
    row!(["h", "hr", "hour", "hours"], &[], "h", "HR", "Time", "h", times(3_600), None),
    row!(["°", "deg", "degree"], &[], "deg", "DEG", "Angle", "°", times(1), None),
    row!(["W/m2", "W/m²", "W.m-2"], &[], "W.m-2", "W-PER-M2", "Irradiance", "W/m²", times(1), Some(("W.h.m-2", 1))),
    row!(["kW/m2", "kW/m²", "kW.m-2"], &[], "kW.m-2", "KiloW-PER-M2", "Irradiance", "kW/m²", times(1_000), Some(("kW.h.m-2", 1))),
    row!(["lx", "lux"], &[], "lx", "LUX", "Illuminance", "lx", times(1), Some(("lx.h", 1))),
    row!(["By", "byte", "bytes"], &[], "By", "BYTE", "InformationEntropy", "B", times(1), None),
    row!(["ug/m3", "µg/m3", "µg/m³", "μg/m³", "ug.m-3"], &[], "ug.m-3", "MicroGM-PER-M3", "MassConcentration", "µg/m³", by(1_000_000), None),
    row!(["mg/m3", "mg/m³", "mg.m-3"], &[], "mg.m-3", "MilliGM-PER-M3", "MassConcentration", "mg/m³", by(1_000), None),
];
