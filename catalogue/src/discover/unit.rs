//! The unit that a column's comment names.

use entity::unit;

use crate::model::FieldUnit;

/// What `sensor` in a comment stands for.
const OF_SENSOR: &str = "sensor";

/// The unit of a column: `sensor` for the one that the row's sensor declares, `sensor, squared` for one made of it, and
/// otherwise one that the registry knows, or does not.
pub(super) fn read(unit: Option<&str>) -> FieldUnit {
    let Some(declared) = unit.map(str::trim).filter(|unit| !unit.is_empty()) else {
        return FieldUnit::None;
    };
    if declared == OF_SENSOR {
        return FieldUnit::OfSensor;
    }
    if let Some((OF_SENSOR, made)) = declared.split_once(',') {
        return FieldUnit::FromSensor(format!("of the sensor, {}", made.trim()));
    }
    match unit::meaning(declared, None) {
        Some(meaning) => FieldUnit::Known {
            declared: declared.to_owned(),
            ucum: meaning.ucum,
            qudt: meaning.qudt,
            quantity_kind: meaning.quantity_kind,
            symbol: meaning.symbol,
        },
        None => FieldUnit::Unmapped(declared.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_the_sensors_made_of_it_known_or_shown_as_it_stands() {
        assert_eq!(read(None), FieldUnit::None);
        assert_eq!(read(Some(" ")), FieldUnit::None);
        assert_eq!(read(Some("sensor")), FieldUnit::OfSensor);
        assert_eq!(
            read(Some("sensor, squared")),
            FieldUnit::FromSensor("of the sensor, squared".to_owned())
        );
        assert_eq!(read(Some("furlong")), FieldUnit::Unmapped("furlong".to_owned()));
        let FieldUnit::Known { ucum, symbol, .. } = read(Some("By")) else {
            panic!("bytes are known");
        };
        assert_eq!((ucum, symbol), ("By", "B"));
    }
}
