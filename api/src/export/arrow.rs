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
use super::rows::{Kind, Rows, Shape, Values};

const ZONE: &str = "UTC";

/// Makes batches of rows.
pub(super) struct Batches {
    pub(super) schema: SchemaRef,
    shape: Arc<Shape>,
    /// The words of each column that has some.
    words: Vec<Option<ArrayRef>>,
    /// Those of each column of sensors.
    sensor_words: Vec<ArrayRef>,
}

impl Batches {
    pub(super) fn new(shape: &Arc<Shape>) -> Self {
        let own = shape
            .columns
            .iter()
            .map(|(name, kind)| Field::new(*name, data_type(kind), *kind == Kind::FloatOrNull));
        // A sensor has a name and a source; nothing else is sure.
        let of_sensors = shape
            .sensors
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| Field::new(&column.name, dictionary(), at > 1));
        let words = |kind: &Kind| match kind {
            Kind::Word(words) => Some(Arc::new(StringArray::from(words.clone())) as ArrayRef),
            _ => None,
        };
        Self {
            schema: Arc::new(Schema::new(own.chain(of_sensors).collect::<Vec<_>>())),
            words: shape.columns.iter().map(|(_, kind)| words(kind)).collect(),
            sensor_words: shape
                .sensors
                .columns
                .iter()
                .map(|column| Arc::new(StringArray::from_iter_values(&column.words)) as ArrayRef)
                .collect(),
            shape: Arc::clone(shape),
        }
    }

    /// A batch of these rows.
    pub(super) fn of(&self, rows: Rows) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for (values, words) in rows.columns.into_iter().zip(&self.words) {
            columns.push(match values {
                Values::Times(times) => {
                    Arc::new(TimestampMicrosecondArray::from(times).with_timezone(ZONE)) as ArrayRef
                }
                Values::Floats(floats) => Arc::new(Float64Array::from(floats)),
                Values::FloatsOrNulls(floats) => Arc::new(Float64Array::from(floats)),
                Values::Counts(counts) => Arc::new(Int64Array::from(counts)),
                Values::Truths(truths) => Arc::new(BooleanArray::from(truths)),
                Values::Words(places) => {
                    let words = words
                        .as_ref()
                        .ok_or_else(|| ArrowError::SchemaError("words in a column without".to_owned()))?;
                    keyed(Int32Array::from(places), words)?
                }
            });
        }
        for (column, words) in self.shape.sensors.columns.iter().zip(&self.sensor_words) {
            let keys: Int32Array = rows.sensors.iter().map(|place| column.of[*place]).collect();
            columns.push(keyed(keys, words)?);
        }
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }

    /// A batch without rows.
    fn empty(&self) -> Result<RecordBatch, ArrowError> {
        let values = |kind: &Kind| match kind {
            Kind::Time => Values::Times(Vec::new()),
            Kind::Float => Values::Floats(Vec::new()),
            Kind::FloatOrNull => Values::FloatsOrNulls(Vec::new()),
            Kind::Count => Values::Counts(Vec::new()),
            Kind::Truth => Values::Truths(Vec::new()),
            Kind::Word(_) => Values::Words(Vec::new()),
        };
        self.of(Rows {
            columns: self.shape.columns.iter().map(|(_, kind)| values(kind)).collect(),
            sensors: Vec::new(),
        })
    }
}

fn keyed(keys: Int32Array, words: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(words))?;
    Ok(Arc::new(array))
}

fn data_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into())),
        Kind::Float | Kind::FloatOrNull => DataType::Float64,
        Kind::Count => DataType::Int64,
        Kind::Truth => DataType::Boolean,
        Kind::Word(_) => dictionary(),
    }
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
