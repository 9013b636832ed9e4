//! Units as questions ask for them, and in which one values are shown.

use entity::query::aggregates::Aggregate;
use entity::query::sensors::Sensor;
use entity::unit::{self, Conversion, Integral, Known};

use crate::ask::sensors::check_text;
use crate::graphql::error::ApiError;
use crate::options::Limits;

/// The unit of a sensor's values: its UCUM code, or the unit as declared where its meaning is not known.
pub(crate) fn own(sensor: &Sensor) -> Option<&str> {
    let unit = sensor.unit.as_ref()?;
    let known = sensor.known_unit().map(Known::ucum);
    Some(known.or(unit.ucum.as_deref()).unwrap_or(&unit.declared))
}

/// The unit that values are shown in, and the way there from the sensor's own.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// Its UCUM code, or the unit as declared where its meaning is not known.
    pub(crate) unit: Option<String>,
    pub(crate) conversion: Conversion,
    integral: Option<Integral>,
}

impl Default for Shown {
    /// Values as they are, of a unit that nobody knows.
    fn default() -> Self {
        Self {
            unit: None,
            conversion: Conversion::IDENTITY,
            integral: None,
        }
    }
}

impl Shown {
    /// The unit that `asked` names, or, without it, the sensor's own.
    pub(crate) fn of(sensor: &Sensor, asked: Option<&str>, limits: &Limits) -> Result<Self, ApiError> {
        let Some(asked) = asked else {
            return Ok(Self::own(sensor));
        };
        check_text("unit", asked, limits)?;
        if let Some((unit, conversion)) = sensor.known_unit().and_then(|known| known.to(asked)) {
            return Ok(Self::known(unit, conversion));
        }
        let own = Self::own(sensor);
        let declared = sensor.unit.as_ref().map(|unit| unit.declared.as_str());
        if declared == Some(asked.trim()) {
            return Ok(own);
        }
        Err(refused(sensor, asked))
    }

    /// The sensor's own unit.
    pub(crate) fn own(sensor: &Sensor) -> Self {
        if let Some(known) = sensor.known_unit() {
            return Self::known(known, Conversion::IDENTITY);
        }
        let unit = own(sensor).map(str::to_owned);
        Self {
            integral: unit.as_deref().map(Integral::of_unknown),
            unit,
            ..Self::default()
        }
    }

    fn known(unit: Known, conversion: Conversion) -> Self {
        Self {
            unit: Some(unit.ucum().to_owned()),
            conversion,
            integral: Some(unit.integral()),
        }
    }

    /// The same unit of values that are in it already.
    pub(crate) fn arrived(self) -> Self {
        Self {
            conversion: Conversion::IDENTITY,
            ..self
        }
    }

    /// The unit of integrals over time.
    pub(crate) fn integral_unit(&self) -> Option<&str> {
        self.integral.as_ref().map(|integral| integral.unit.as_str())
    }

    /// The integral of a bucket, in its unit; where there is none, in values times hours.
    pub(crate) fn integral(&self, aggregate: &Aggregate) -> f64 {
        let area = self.conversion.sum(aggregate.area, aggregate.covered_seconds);
        match &self.integral {
            Some(integral) => integral.of(area),
            None => area / 3_600.0,
        }
    }
}

fn refused(sensor: &Sensor, asked: &str) -> ApiError {
    let name = &sensor.name;
    let (message, accepted) = match (sensor.known_unit(), &sensor.unit) {
        (Some(known), Some(own)) => {
            let declared = &own.declared;
            let message = if unit::is_known(asked.trim()) {
                format!("sensor {name:?} is in {declared:?}, which can't be converted into {asked:?}")
            } else {
                format!(
                    "there is no unit {asked:?} into which {declared:?} of sensor {name:?} could be converted"
                )
            };
            (message, known.convertible().join(", "))
        }
        (_, Some(own)) => (
            format!(
                "sensor {name:?} is in {:?}, of which it is not known what it means",
                own.declared
            ),
            format!("{}; or leave it out, or those sensors", own.declared),
        ),
        (_, None) => (
            format!("sensor {name:?} declares no unit, so its values can't be converted"),
            "no unit, or only sensors that declare one".to_owned(),
        ),
    };
    ApiError::InvalidArgument {
        argument: "unit".to_owned(),
        message,
        accepted,
    }
}
