//! What each sensor would measure.

use std::f64::consts::TAU;

use chrono::{DateTime, TimeDelta, Utc};
use ingestor::sensor_list::SensorList;

/// A sensor's behaviour: a daily curve, noise, and perhaps a fault.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// The sensor's name.
    pub(crate) name: String,
    base: f64,
    /// Half the way between a day's lowest and highest value.
    swing: f64,
    /// The hour (UTC) of the day's highest value.
    peak_hour: f64,
    /// Standard deviation of the noise.
    noise: f64,
    decimals: i32,
    fault: Fault,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    None,
    /// Reads too high, by this much more a day; calibrated every 60 days.
    Drift(f64),
    /// Delivers this much later than it measures.
    Late(TimeDelta),
    /// Once in so many readings, reads this.
    Jump(u64, f64),
    /// Sends nothing in the last days.
    Dead(TimeDelta),
}

/// A message to send.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// When the sensor measured.
    pub(crate) time: DateTime<Utc>,
    /// What.
    pub(crate) value: f64,
}

/// All sensors of a list.
#[derive(Debug, Clone)]
pub(crate) struct Plant {
    pub(crate) models: Vec<Model>,
}

impl Plant {
    /// A model for each sensor of `list`: those of the imagined plant as it was imagined, others from their range.
    pub(crate) fn new(list: &SensorList) -> Self {
        let models = list
            .sensors
            .iter()
            .map(|sensor| {
                imagined(&sensor.name).unwrap_or_else(|| {
                    from_range(
                        &sensor.name,
                        sensor.range_min.unwrap_or(0.0),
                        sensor.range_max.unwrap_or(100.0),
                    )
                })
            })
            .collect();
        Self { models }
    }
}

fn imagined(name: &str) -> Option<Model> {
    let model = |base, swing, peak_hour, noise, decimals, fault| Model {
        name: name.to_owned(),
        base,
        swing,
        peak_hour,
        noise,
        decimals,
        fault,
    };
    Some(match name {
        "Boiler supply temperature" => model(82.0, 6.0, 7.0, 0.4, 1, Fault::None),
        "Boiler return temperature" => model(55.0, 5.0, 8.0, 0.3, 1, Fault::None),
        "Boiler pressure" => model(4.2, 0.3, 7.0, 0.03, 2, Fault::None),
        "Feed water flow" => model(18.0, 5.0, 7.5, 0.5, 1, Fault::None),
        "Stack carbon monoxide" => model(45.0, 8.0, 7.0, 3.0, 0, Fault::Jump(150, 500.0)),
        "Turbine speed" => model(3000.0, 2.0, 12.0, 1.5, 0, Fault::None),
        "Turbine bearing temperature" => model(61.0, 3.0, 14.0, 0.3, 1, Fault::Drift(0.25)),
        "Generator power" => model(420.0, 180.0, 11.0, 6.0, 1, Fault::None),
        "Grid frequency" => model(50.0, 0.01, 4.0, 0.012, 3, Fault::None),
        "Outdoor temperature" => model(6.0, 5.5, 14.0, 0.2, 1, Fault::None),
        "Reservoir level" => model(8.4, 0.6, 5.0, 0.01, 2, Fault::Late(TimeDelta::minutes(10))),
        "Cellar humidity" => model(64.0, 4.0, 5.0, 0.5, 0, Fault::Dead(TimeDelta::days(3))),
        _ => return None,
    })
}

fn from_range(name: &str, min: f64, max: f64) -> Model {
    let width = max - min;
    Model {
        name: name.to_owned(),
        base: f64::midpoint(min, max),
        swing: width * 0.2,
        peak_hour: 14.0,
        noise: width * 0.02,
        decimals: 2,
        fault: Fault::None,
    }
}

impl Model {
    /// What the sensor sends at `now`, or nothing.
    pub(crate) fn sample(&self, now: DateTime<Utc>) -> Option<Sample> {
        let time = match self.fault {
            Fault::Dead(_) => return None,
            Fault::Late(delay) => now - delay,
            _ => now,
        };
        Some(Sample {
            time,
            value: self.value(time),
        })
    }

    /// What the sensor sent at `time`, seen from `now`; nothing where it was dead already or has not delivered yet.
    pub(crate) fn past(&self, time: DateTime<Utc>, now: DateTime<Utc>) -> Option<Sample> {
        let silent = match self.fault {
            Fault::Dead(since) | Fault::Late(since) => time > now - since,
            _ => false,
        };
        (!silent).then(|| Sample {
            time,
            value: self.value(time),
        })
    }

    fn value(&self, time: DateTime<Utc>) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "microseconds of this century fit 53 bits"
        )]
        let hours = time.timestamp_micros() as f64 / 3.6e9;
        let daily = (TAU * (hours - self.peak_hour) / 24.0).cos();
        // A slow wave of some days, so that no day is like the other.
        let weekly = (TAU * hours / (24.0 * 5.3)).sin();
        let random = Random::new(&self.name, time);
        let mut value = self.base + self.swing * (0.8 * daily + 0.2 * weekly) + self.noise * random.normal();
        match self.fault {
            Fault::Drift(per_day) => value += per_day * (hours / 24.0).rem_euclid(60.0),
            Fault::Jump(once_in, jump) if random.third.is_multiple_of(once_in) => value = jump,
            _ => {}
        }
        let scale = 10f64.powi(self.decimals);
        (value * scale).round() / scale
    }
}

/// Chance that an instant has once and for all.
struct Random {
    first: f64,
    second: f64,
    third: u64,
}

impl Random {
    fn new(name: &str, time: DateTime<Utc>) -> Self {
        let name = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a
        });
        let mut state = name ^ time.timestamp_micros().cast_unsigned();
        let mut next = || {
            // SplitMix64, Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
        let unit = |bits: u64| ((bits >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        Self {
            first: unit(next()),
            second: unit(next()),
            third: next(),
        }
    }

    /// Standard normal, by Box and Muller.
    fn normal(&self) -> f64 {
        (-2.0 * self.first.ln()).sqrt() * (TAU * self.second).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::PLANT;

    fn plant() -> Plant {
        Plant::new(&ingestor::sensor_list::parse(PLANT.as_bytes()).expect("our own list"))
    }

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
    }

    #[test]
    fn the_plant_has_a_dozen_sensors_with_units_that_are_understood() {
        let list = ingestor::sensor_list::parse(PLANT.as_bytes()).expect("our own list");
        assert_eq!(list.sensors.len(), 12);
        assert!(list.warnings.is_empty(), "{:?}", list.warnings);
        for sensor in &list.sensors {
            assert!(sensor.unit_meaning.is_some(), "{}", sensor.name);
            assert!(imagined(&sensor.name).is_some(), "{}", sensor.name);
        }
    }

    #[test]
    fn an_instant_has_one_value() {
        for model in plant().models {
            assert_eq!(model.value(noon()).to_bits(), model.value(noon()).to_bits());
        }
    }

    #[test]
    fn all_but_the_jumping_one_stay_in_their_range() {
        let list = ingestor::sensor_list::parse(PLANT.as_bytes()).expect("our own list");
        for (model, sensor) in plant().models.iter().zip(&list.sensors) {
            let (min, max) = (sensor.range_min.expect("min"), sensor.range_max.expect("max"));
            let outside = (0..20_000)
                .map(|minute| model.value(noon() + TimeDelta::minutes(minute * 7)))
                .filter(|value| !(min..=max).contains(value))
                .count();
            match model.fault {
                Fault::Jump(..) => assert!((50..500).contains(&outside), "{}: {outside}", model.name),
                _ => assert_eq!(outside, 0, "{}", model.name),
            }
        }
    }

    #[test]
    fn the_dead_are_silent_and_the_late_are_late() {
        let plant = plant();
        let model = |name: &str| {
            plant
                .models
                .iter()
                .find(|model| model.name == name)
                .expect("a model")
        };
        assert_eq!(model("Cellar humidity").sample(noon()), None);
        assert_eq!(
            model("Cellar humidity").past(noon() - TimeDelta::days(2), noon()),
            None
        );
        assert!(
            model("Cellar humidity")
                .past(noon() - TimeDelta::days(4), noon())
                .is_some()
        );
        let late = model("Reservoir level").sample(noon()).expect("a sample");
        assert_eq!(late.time, noon() - TimeDelta::minutes(10));
    }
}
