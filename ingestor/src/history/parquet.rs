//! Parquet: three columns of it, a batch of rows after the other.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use chrono::DateTime;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::file::{FileError, Rows, SENSOR_NAMES, TIME_NAMES, VALUE_NAMES, column};
use super::row::{self, Cell, Cells};
use super::{Layout, SensorFrom};

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 8192;

/// The rows of a Parquet file.
pub(super) struct Parquet {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    at: usize,
    rows: u64,
    rows_all: u64,
    bytes: u64,
    sensor: Option<String>,
    time: String,
    value: String,
}

impl Parquet {
    pub(super) fn open(path: &Path, file: File, layout: &Layout) -> Result<Self, FileError> {
        let failed = |source| FileError::Read {
            path: path.to_owned(),
            row: 0,
            source,
        };
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| failed(Box::new(error)))?;
        let schema = builder.schema();
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let sensor = match &layout.sensor {
            SensorFrom::Fixed(_) => None,
            SensorFrom::Column(asked) => {
                Some(column(path, "sensor", asked.as_deref(), SENSOR_NAMES, &names)?)
            }
        };
        let time = column(path, "time", layout.time_column.as_deref(), TIME_NAMES, &names)?;
        let value = column(path, "value", layout.value_column.as_deref(), VALUE_NAMES, &names)?;
        for at in sensor.into_iter().chain([time, value]) {
            let field = schema.field(at);
            if !is_readable(field.data_type()) {
                let kind = field.data_type();
                let text = format!(
                    "the column {:?} has the type {kind}, of which no text, number or time is made",
                    names[at]
                );
                return Err(failed(text.into()));
            }
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), sensor.into_iter().chain([time, value]));
        let rows_all = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        let reader = builder
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|error| failed(Box::new(error)))?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            batch: None,
            at: 0,
            rows: 0,
            rows_all,
            bytes,
            sensor: sensor.map(|at| names[at].clone()),
            time: names[time].clone(),
            value: names[value].clone(),
        })
    }

    /// Makes sure that there is a row; `false` behind the last.
    fn fill(&mut self) -> Result<bool, FileError> {
        while self
            .batch
            .as_ref()
            .is_none_or(|batch| self.at >= batch.num_rows())
        {
            match self.reader.next() {
                None => return Ok(false),
                Some(Ok(batch)) => {
                    self.batch = Some(batch);
                    self.at = 0;
                }
                Some(Err(error)) => {
                    return Err(FileError::Read {
                        path: self.path.clone(),
                        row: self.rows,
                        source: Box::new(error),
                    });
                }
            }
        }
        Ok(true)
    }
}

impl Rows for Parquet {
    fn next(&mut self, layout: &Layout, payload: &mut Vec<u8>) -> Result<bool, FileError> {
        loop {
            if !self.fill()? {
                return Ok(false);
            }
            let Some(batch) = &self.batch else {
                return Ok(false);
            };
            let at = self.at;
            self.at += 1;
            self.rows += 1;
            let cell = |name: &String| {
                let array = batch.column_by_name(name);
                array.map_or(Cell::Missing, |array| cell(array, at))
            };
            let cells = Cells {
                sensor: self.sensor.as_ref().map_or(Cell::Missing, cell),
                time: cell(&self.time),
                value: cell(&self.value),
            };
            if layout.skip_empty && cells.value.is_empty() {
                continue;
            }
            row::write(layout, &cells, payload);
            return Ok(true);
        }
    }

    fn position(&self) -> u64 {
        let share = u128::from(self.bytes) * u128::from(self.rows) / u128::from(self.rows_all.max(1));
        u64::try_from(share).unwrap_or(self.bytes)
    }
}

fn is_readable(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_readable(values),
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Boolean
        | DataType::Timestamp(..)
        | DataType::Date32
        | DataType::Date64
        | DataType::Null
        | DataType::Decimal128(..) => true,
        other => other.is_integer() || other.is_floating(),
    }
}

fn whole(array: &dyn Array, at: usize) -> Option<i128> {
    if array.is_null(at) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Int8 => array.as_primitive::<Int8Type>().value(at).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(at).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(at).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(at).into(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(at).into(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(at).into(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(at).into(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(at).into(),
        _ => return None,
    })
}

fn cell(array: &dyn Array, at: usize) -> Cell<'_> {
    if array.is_null(at) {
        return Cell::Missing;
    }
    if let Some(number) = whole(array, at) {
        return Cell::Whole(number);
    }
    match array.data_type() {
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(at)),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(at)),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(at)),
        DataType::Float16 => Cell::Number(array.as_primitive::<Float16Type>().value(at).into()),
        DataType::Float32 => Cell::Number(array.as_primitive::<Float32Type>().value(at).into()),
        DataType::Float64 => Cell::Number(array.as_primitive::<Float64Type>().value(at)),
        DataType::Decimal128(_, scale) => {
            let units = array.as_primitive::<Decimal128Type>().value(at);
            #[expect(clippy::cast_precision_loss, reason = "a reading is a double")]
            Cell::Number(units as f64 / 10_f64.powi((*scale).into()))
        }
        DataType::Boolean => Cell::Json(if array.as_boolean().value(at) {
            "true"
        } else {
            "false"
        }),
        DataType::Timestamp(unit, _) => {
            let micros = match unit {
                TimeUnit::Second => array
                    .as_primitive::<TimestampSecondType>()
                    .value(at)
                    .checked_mul(1_000_000),
                TimeUnit::Millisecond => array
                    .as_primitive::<TimestampMillisecondType>()
                    .value(at)
                    .checked_mul(1_000),
                TimeUnit::Microsecond => Some(array.as_primitive::<TimestampMicrosecondType>().value(at)),
                TimeUnit::Nanosecond => Some(
                    array
                        .as_primitive::<TimestampNanosecondType>()
                        .value(at)
                        .div_euclid(1_000),
                ),
            };
            instant(micros)
        }
        DataType::Date32 => {
            let days = i64::from(array.as_primitive::<Date32Type>().value(at));
            instant(days.checked_mul(86_400_000_000))
        }
        DataType::Date64 => instant(array.as_primitive::<Date64Type>().value(at).checked_mul(1_000)),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let key = whole(dictionary.keys(), at).and_then(|key| usize::try_from(key).ok());
            let values = dictionary.values();
            key.filter(|key| *key < values.len())
                .map_or(Cell::Missing, |key| cell(values.as_ref(), key))
        }
        _ => Cell::Missing,
    }
}

fn instant(micros: Option<i64>) -> Cell<'static> {
    let time = micros.and_then(DateTime::from_timestamp_micros);
    time.map_or(Cell::Missing, Cell::Time)
}
