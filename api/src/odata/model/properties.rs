//! The properties of each entity type.

use entity::query::sensors::{Sensor, Unit};

use super::{Property, Role};
use crate::buckets::Levels;
use crate::graphql::model::QualityFlag;
use crate::odata::row::{BucketRow, Row};
use crate::odata::value::{Edm, Value};

type Get = for<'a> fn(&Row<'a>) -> Option<Value<'a>>;

const fn required(name: &'static str, edm: Edm, role: Role, description: &'static str, get: Get) -> Property {
    Property {
        name,
        edm,
        nullable: false,
        description,
        role,
        get,
    }
}

const fn optional(name: &'static str, edm: Edm, role: Role, description: &'static str, get: Get) -> Property {
    Property {
        nullable: true,
        ..required(name, edm, role, description, get)
    }
}

const fn of_sensor(name: &'static str, edm: Edm, description: &'static str, get: Get) -> Property {
    optional(name, edm, Role::Sensor, description, get)
}

fn unit<'a>(row: &Row<'a>, part: fn(&Unit) -> Option<&str>) -> Option<Value<'a>> {
    let sensor: &'a Sensor = row.sensor?;
    Some(Value::text(sensor.unit.as_ref().and_then(part)))
}

fn label<'a>(row: &Row<'a>, key: &str) -> Option<Value<'a>> {
    let sensor: &'a Sensor = row.sensor?;
    Some(Value::text(sensor.label(key)))
}

fn bucket<'a>(row: &Row<'a>, part: fn(&'a BucketRow) -> Value<'a>) -> Option<Value<'a>> {
    row.bucket.map(part)
}

/// A number on the scale of the bucket's values.
fn level<'a>(row: &Row<'a>, part: fn(Levels) -> f64) -> Option<Value<'a>> {
    let levels = row.bucket?.levels;
    Some(Value::double(levels.map(part)))
}

const SOURCE: Property = required(
    "Source",
    Edm::String,
    Role::Sensor,
    "The configured source whose messages name the sensor.",
    |row| row.sensor.map(|sensor| Value::text(Some(&sensor.source))),
);
const TYPE: Property = of_sensor(
    "Type",
    Edm::String,
    "What the sensor measures, such as temperature, as the sensor list declares it.",
    |row| row.sensor.map(|sensor| Value::text(sensor.kind.as_deref())),
);
const UNIT: Property = of_sensor(
    "Unit",
    Edm::String,
    "The unit of the sensor's values exactly as the sensor list declares it, such as C.",
    |row| unit(row, |unit| Some(&unit.declared)),
);
const SITE: Property = of_sensor(
    "Site",
    Edm::String,
    "The sensor's label site: where it stands.",
    |row| label(row, "site"),
);
const PLANT: Property = of_sensor(
    "Plant",
    Edm::String,
    "The sensor's label plant: what it belongs to.",
    |row| label(row, "plant"),
);
const CUSTOMER: Property = of_sensor(
    "Customer",
    Edm::String,
    "The sensor's label customer: for whom it measures.",
    |row| label(row, "customer"),
);
const SENSOR_ID: Property = required(
    "SensorId",
    Edm::Guid,
    Role::Sensor,
    "The sensor: Id of Sensors.",
    |row| row.sensor.map(|sensor| Value::Guid(sensor.uuid)),
);
const SENSOR: Property = required(
    "Sensor",
    Edm::String,
    Role::Sensor,
    "The sensor's name exactly as in its messages; unique within its source.",
    |row| row.sensor.map(|sensor| Value::text(Some(&sensor.name))),
);

pub(super) const SENSORS: &[Property] = &[
    required(
        "Id",
        Edm::Guid,
        Role::Sensor,
        "Lasting identity of the sensor (UUID version 5 of its source and name): the same in every Fieldbook.",
        |row| row.sensor.map(|sensor| Value::Guid(sensor.uuid)),
    ),
    required(
        "Name",
        Edm::String,
        Role::Sensor,
        "The sensor's name exactly as in its messages; unique within its source.",
        |row| row.sensor.map(|sensor| Value::text(Some(&sensor.name))),
    ),
    SOURCE,
    TYPE,
    UNIT,
    of_sensor(
        "UnitSymbol",
        Edm::String,
        "The unit as people write it, such as °C; null when the declared unit is not understood.",
        |row| unit(row, |unit| unit.symbol.as_deref()),
    ),
    of_sensor(
        "UnitUcum",
        Edm::String,
        "The unit as a UCUM code, such as Cel; null when the declared unit is not understood.",
        |row| unit(row, |unit| unit.ucum.as_deref()),
    ),
    of_sensor(
        "UnitQudt",
        Edm::String,
        "The unit as a QUDT address; null when the declared unit is not understood.",
        |row| unit(row, |unit| unit.qudt.as_deref()),
    ),
    of_sensor(
        "QuantityKind",
        Edm::String,
        "The kind of quantity in QUDT's words, such as Temperature; null when the declared unit is not understood.",
        |row| unit(row, |unit| unit.quantity_kind.as_deref()),
    ),
    of_sensor(
        "Description",
        Edm::String,
        "Where the sensor stands or what it watches, in the words of the sensor list.",
        |row| {
            row.sensor
                .map(|sensor| Value::text(sensor.description.as_deref()))
        },
    ),
    of_sensor(
        "Latitude",
        Edm::Double,
        "Degrees north of the equator (WGS 84), from -90 to 90, as the sensor list declares it.",
        |row| {
            row.sensor
                .map(|sensor| Value::double(sensor.location.map(|point| point.lat)))
        },
    ),
    of_sensor(
        "Longitude",
        Edm::Double,
        "Degrees east of Greenwich (WGS 84), from -180 to 180, as the sensor list declares it.",
        |row| {
            row.sensor
                .map(|sensor| Value::double(sensor.location.map(|point| point.lng)))
        },
    ),
    of_sensor(
        "RangeMin",
        Edm::Double,
        "Lowest value that the sensor can soundly report, in its declared unit; null when open.",
        |row| row.sensor.map(|sensor| Value::double(sensor.range.min)),
    ),
    of_sensor(
        "RangeMax",
        Edm::Double,
        "Highest value that the sensor can soundly report, in its declared unit; null when open.",
        |row| row.sensor.map(|sensor| Value::double(sensor.range.max)),
    ),
    SITE,
    PLANT,
    CUSTOMER,
    required(
        "Declared",
        Edm::Boolean,
        Role::Sensor,
        "True when a sensor list declares the sensor, false when only its messages made it known.",
        |row| row.sensor.map(|sensor| Value::Bool(sensor.declared)),
    ),
    of_sensor(
        "ActiveSince",
        Edm::DateTimeOffset,
        "The earliest of: the time of its first reading, the receipt of its first message or of the first list that declares \
         it (UTC).",
        |row| {
            row.sensor
                .map(|sensor| sensor.active_since.map_or(Value::Null, Value::Time))
        },
    ),
    of_sensor(
        "ExpectedIntervalSeconds",
        Edm::Double,
        "Seconds expected between two readings, as declared or learnt; null when not known.",
        |row| {
            row.sensor
                .map(|sensor| Value::double(sensor.expected_interval_seconds))
        },
    ),
];

pub(super) const READINGS: &[Property] = &[
    SENSOR_ID,
    required(
        "Time",
        Edm::DateTimeOffset,
        Role::Time,
        "When the sensor measured the value (UTC, to the microsecond), as its message says.",
        |row| row.reading.map(|reading| Value::Time(reading.time)),
    ),
    SENSOR,
    SOURCE,
    TYPE,
    required(
        "Value",
        Edm::Double,
        Role::Value,
        "The measured value, in the unit that the sensor declares (Unit), unchanged.",
        |row| row.reading.map(|reading| Value::Double(reading.value)),
    ),
    UNIT,
    required(
        "Flag",
        Edm::String,
        Role::Flag,
        "Verdict on the value when it came in, after QARTOD: PASS, NOT_EVALUATED (no range is declared), SUSPECT, FAIL \
         (outside what the sensor can report) or MISSING. It never changes.",
        |row| {
            row.flag
                .map(|flag| Value::text(Some(QualityFlag::from(flag).word())))
        },
    ),
    required(
        "ReceivedAt",
        Edm::DateTimeOffset,
        Role::Fact,
        "When Fieldbook received the message (UTC, the ingestor's clock).",
        |row| {
            row.reading
                .map(|reading| Value::Time(reading.receipt.received_at))
        },
    ),
    SITE,
    PLANT,
    CUSTOMER,
];

pub(super) const BUCKETS: &[Property] = &[
    SENSOR_ID,
    required(
        "Bucket",
        Edm::String,
        Role::Cut,
        "How long the bucket is: an ISO 8601 duration such as PT15M, PT1H, P1D, P1W or P1M. Ask for one with eq; default: \
         PT1H.",
        |row| bucket(row, |bucket| Value::text(Some(&bucket.cut.bucket))),
    ),
    required(
        "TimeZone",
        Edm::String,
        Role::Cut,
        "The IANA name of the zone whose clock and calendar the bucket follows. Ask for one with eq; default: the service's \
         zone for buckets of a day and more, UTC for smaller ones.",
        |row| bucket(row, |bucket| Value::text(Some(&bucket.cut.time_zone))),
    ),
    required(
        "Start",
        Edm::DateTimeOffset,
        Role::Time,
        "The first instant of the bucket (UTC).",
        |row| bucket(row, |bucket| Value::Time(bucket.start)),
    ),
    required(
        "End",
        Edm::DateTimeOffset,
        Role::Fact,
        "The first instant that does not belong to the bucket any more (UTC).",
        |row| bucket(row, |bucket| Value::Time(bucket.end)),
    ),
    SENSOR,
    SOURCE,
    TYPE,
    UNIT,
    required(
        "Count",
        Edm::Int64,
        Role::Fact,
        "How many readings of the bucket the numbers are about: all that are not flagged FAIL.",
        |row| bucket(row, |bucket| Value::count(bucket.count)),
    ),
    required(
        "CountSuspect",
        Edm::Int64,
        Role::Fact,
        "How many of Count are flagged SUSPECT.",
        |row| bucket(row, |bucket| Value::count(bucket.count_suspect)),
    ),
    required(
        "CountFail",
        Edm::Int64,
        Role::Fact,
        "How many readings of the bucket are flagged FAIL; they are in none of the other numbers.",
        |row| bucket(row, |bucket| Value::count(bucket.count_fail)),
    ),
    optional(
        "Completeness",
        Edm::Double,
        Role::Fact,
        "Count as a share, from 0 to 1, of the readings that were to be expected until now; null when no interval is known.",
        |row| bucket(row, |bucket| Value::double(bucket.completeness)),
    ),
    optional(
        "Avg",
        Edm::Double,
        Role::Fact,
        "Arithmetic mean of the values, in the sensor's unit; null when all readings are flagged FAIL.",
        |row| level(row, |levels| levels.avg),
    ),
    optional(
        "Min",
        Edm::Double,
        Role::Fact,
        "Lowest value, in the sensor's unit.",
        |row| level(row, |levels| levels.min),
    ),
    optional(
        "Max",
        Edm::Double,
        Role::Fact,
        "Highest value, in the sensor's unit.",
        |row| level(row, |levels| levels.max),
    ),
    optional(
        "Sum",
        Edm::Double,
        Role::Fact,
        "Sum of the values, in the sensor's unit.",
        |row| bucket(row, |bucket| Value::double(bucket.sum)),
    ),
    optional(
        "First",
        Edm::Double,
        Role::Fact,
        "Value of the earliest reading, in the sensor's unit.",
        |row| level(row, |levels| levels.first),
    ),
    optional(
        "Last",
        Edm::Double,
        Role::Fact,
        "Value of the latest reading, in the sensor's unit.",
        |row| level(row, |levels| levels.last),
    ),
    optional(
        "StdDev",
        Edm::Double,
        Role::Fact,
        "Standard deviation of a sample, in the sensor's unit; null with fewer than two readings.",
        |row| bucket(row, |bucket| Value::double(bucket.stddev)),
    ),
    required(
        "Complete",
        Edm::Boolean,
        Role::Fact,
        "Whether the bucket is over.",
        |row| bucket(row, |bucket| Value::Bool(bucket.complete)),
    ),
    SITE,
    PLANT,
    CUSTOMER,
];
