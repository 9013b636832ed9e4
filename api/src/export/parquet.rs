//! Parquet: zstd, times as differences, texts as dictionaries.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, Encoding, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use ::parquet::schema::types::ColumnPath;

use super::arrow::Batches;
use super::encode::{EncodeError, Encoder};
use super::rows::{Kind, Rows, Shape};

/// Rows that are written together. They are in memory until then, encoded: some ten bytes each.
const ROW_GROUP: usize = 500_000;

/// A Parquet file.
pub(super) struct File {
    batches: Batches,
    writer: ArrowWriter<Vec<u8>>,
}

impl File {
    pub(super) fn new(shape: &Arc<Shape>) -> Result<Self, EncodeError> {
        let batches = Batches::new(shape);
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_created_by(concat!("Fieldbook ", env!("CARGO_PKG_VERSION")).to_owned());
        for column in &shape.columns {
            let (column, kind) = (ColumnPath::from(column.name.as_str()), &column.kind);
            properties = match kind {
                Kind::Time => properties
                    .set_column_dictionary_enabled(column.clone(), false)
                    .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED),
                Kind::Float | Kind::FloatOrNull => properties.set_column_dictionary_enabled(column, false),
                Kind::Count | Kind::Truth | Kind::Word(_) | Kind::OfSensor(_) => properties,
            };
        }
        let writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&batches.schema), Some(properties.build()))?;
        Ok(Self { batches, writer })
    }

    /// What was written since it was asked last; the writer counts positions by itself.
    fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.inner_mut())
    }
}

impl Encoder for File {
    fn begin(&mut self) -> Result<Vec<u8>, EncodeError> {
        Ok(self.take())
    }

    fn write(&mut self, rows: Rows) -> Result<Vec<u8>, EncodeError> {
        self.writer.write(&self.batches.of(rows)?)?;
        Ok(self.take())
    }

    fn finish(&mut self) -> Result<Vec<u8>, EncodeError> {
        self.writer.finish()?;
        Ok(self.take())
    }
}
