//! Rows as Arrow's batches, and the file format of its IPC.
//!
//! Times are microseconds in UTC; texts are dictionaries. A file may not change a dictionary, so each holds every word from
//! the first batch on.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};

use super::encode::{EncodeError, Encoder};
use super::rows::{Column, Kind, Rows, Shape, Values};
use super::sensors::{Cells, SensorTable};

const ZONE: &str = "UTC";

/// Makes batches of rows.
pub(super) struct Batches {
    pub(super) schema: SchemaRef,
    shape: Arc<Shape>,
    /// The words of each column that has some.
    words: Vec<Option<ArrayRef>>,
}

impl Batches {
    pub(super) fn new(shape: &Arc<Shape>) -> Self {
        let fields = shape
            .columns
            .iter()
            .map(|Column { name, kind }| field(name, kind, &shape.sensors));
        let words = |kind: &Kind| -> Option<ArrayRef> {
            match kind {
                Kind::Word(words) => Some(Arc::new(StringArray::from(words.clone()))),
                Kind::OfSensor(place) => match &shape.sensors.columns[*place].cells {
                    Cells::Words { words, .. } => Some(Arc::new(StringArray::from_iter_values(words))),
                    Cells::Numbers(_) => None,
                },
                _ => None,
            }
        };
        Self {
            schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())),
            words: shape.columns.iter().map(|column| words(&column.kind)).collect(),
            shape: Arc::clone(shape),
        }
    }

    /// A batch of these rows.
    pub(super) fn of(&self, rows: Rows) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        let mut of_rows = rows.columns.into_iter();
        for (column, words) in self.shape.columns.iter().zip(&self.words) {
            columns.push(if let Kind::OfSensor(place) = &column.kind {
                let cells = &self.shape.sensors.columns[*place].cells;
                of_sensors(cells, words.as_ref(), &rows.sensors)?
            } else {
                let values = of_rows
                    .next()
                    .ok_or_else(|| ArrowError::SchemaError("rows lack a column".to_owned()))?;
                array(values, words.as_ref())?
            });
        }
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }

    /// A batch without rows.
    fn empty(&self) -> Result<RecordBatch, ArrowError> {
        let values = |kind: &Kind| match kind {
            Kind::Time => Values::Times(Vec::new()),
            Kind::Float => Values::Floats(Vec::new()),
            Kind::FloatOrNull | Kind::OfSensor(_) => Values::FloatsOrNulls(Vec::new()),
            Kind::Count => Values::Counts(Vec::new()),
            Kind::Truth => Values::Truths(Vec::new()),
            Kind::Word(_) => Values::Words(Vec::new()),
        };
        self.of(Rows {
            columns: self.shape.of_rows().map(values).collect(),
            sensors: Vec::new(),
        })
    }
}

fn array(values: Values, words: Option<&ArrayRef>) -> Result<ArrayRef, ArrowError> {
    Ok(match values {
        Values::Times(times) => Arc::new(TimestampMicrosecondArray::from(times).with_timezone(ZONE)),
        Values::Floats(floats) => Arc::new(Float64Array::from(floats)),
        Values::FloatsOrNulls(floats) => Arc::new(Float64Array::from(floats)),
        Values::Counts(counts) => Arc::new(Int64Array::from(counts)),
        Values::Truths(truths) => Arc::new(BooleanArray::from(truths)),
        Values::Words(places) => keyed(Int32Array::from(places), words)?,
    })
}

fn of_sensors(cells: &Cells, words: Option<&ArrayRef>, sensors: &[usize]) -> Result<ArrayRef, ArrowError> {
    match cells {
        Cells::Words { of, .. } => keyed(sensors.iter().map(|sensor| of[*sensor]).collect(), words),
        Cells::Numbers(of) => {
            let numbers: Float64Array = sensors.iter().map(|sensor| of[*sensor]).collect();
            Ok(Arc::new(numbers))
        }
    }
}

fn keyed(keys: Int32Array, words: Option<&ArrayRef>) -> Result<ArrayRef, ArrowError> {
    let words = words.ok_or_else(|| ArrowError::SchemaError("words in a column without".to_owned()))?;
    let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(words))?;
    Ok(Arc::new(array))
}

fn field(name: &str, kind: &Kind, sensors: &SensorTable) -> Field {
    let (data_type, is_nullable) = match kind {
        Kind::Time => (
            DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into())),
            false,
        ),
        Kind::Float => (DataType::Float64, false),
        Kind::FloatOrNull => (DataType::Float64, true),
        Kind::Count => (DataType::Int64, false),
        Kind::Truth => (DataType::Boolean, false),
        Kind::Word(_) => (dictionary(), false),
        Kind::OfSensor(place) => {
            let column = &sensors.columns[*place];
            let data_type = match column.cells {
                Cells::Words { .. } => dictionary(),
                Cells::Numbers(_) => DataType::Float64,
            };
            (data_type, column.is_nullable)
        }
    };
    Field::new(name, data_type, is_nullable)
}

fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// A file of Arrow's IPC.
pub(super) struct File {
    batches: Batches,
    writer: FileWriter<Vec<u8>>,
    has_batches: bool,
}

impl File {
    pub(super) fn new(shape: &Arc<Shape>) -> Result<Self, EncodeError> {
        let batches = Batches::new(shape);
        let writer = FileWriter::try_new(Vec::new(), &batches.schema)?;
        Ok(Self {
            batches,
            writer,
            has_batches: false,
        })
    }

    /// What was written since it was asked last; the writer counts positions by itself.
    fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.get_mut())
    }
}

impl Encoder for File {
    fn begin(&mut self) -> Result<Vec<u8>, EncodeError> {
        Ok(self.take())
    }

    fn write(&mut self, rows: Rows) -> Result<Vec<u8>, EncodeError> {
        self.writer.write(&self.batches.of(rows)?)?;
        self.has_batches = true;
        Ok(self.take())
    }

    fn finish(&mut self) -> Result<Vec<u8>, EncodeError> {
        if !self.has_batches {
            // Some readers want the dictionaries that the schema announces.
            self.writer.write(&self.batches.empty()?)?;
        }
        self.writer.finish()?;
        Ok(self.take())
    }
}
