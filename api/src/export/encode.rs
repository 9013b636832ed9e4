//! Formats, and what each of them makes of rows.

use std::sync::Arc;

use ::parquet::errors::ParquetError;
use arrow_schema::ArrowError;

use super::rows::{Rows, Shape};
use super::{arrow, csv, ndjson, parquet};
use crate::graphql::error::ApiError;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Comma-separated values, RFC 4180.
    Csv,
    /// A JSON object a line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
    /// The file format of Apache Arrow's IPC, also known as Feather 2.
    Arrow,
}

/// Writes a file piece by piece.
pub(super) trait Encoder: Send {
    /// What comes before all rows.
    fn begin(&mut self) -> Result<Vec<u8>, EncodeError>;
    /// Some rows; formats that collect rows may give nothing yet.
    fn write(&mut self, rows: Rows) -> Result<Vec<u8>, EncodeError>;
    /// What comes behind all rows, and what was collected.
    fn finish(&mut self) -> Result<Vec<u8>, EncodeError>;
}

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum EncodeError {
    /// As Arrow.
    #[error("write rows as Arrow")]
    Arrow(#[from] ArrowError),
    /// As Parquet.
    #[error("write rows as Parquet")]
    Parquet(#[from] ParquetError),
}

impl From<EncodeError> for ApiError {
    fn from(error: EncodeError) -> Self {
        Self::Internal(Arc::new(error))
    }
}

impl Format {
    /// The one with this extension.
    pub(super) fn named(extension: &str) -> Option<Self> {
        [Self::Csv, Self::Ndjson, Self::Parquet, Self::Arrow]
            .into_iter()
            .find(|format| format.name() == extension)
    }

    /// Its extension.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Arrow => "application/vnd.apache.arrow.file",
        }
    }

    /// For rows of this shape.
    pub(super) fn encoder(self, shape: &Arc<Shape>) -> Result<Box<dyn Encoder>, EncodeError> {
        Ok(match self {
            Self::Csv => Box::new(csv::lines(shape)),
            Self::Ndjson => Box::new(ndjson::lines(shape)),
            Self::Parquet => Box::new(parquet::File::new(shape)?),
            Self::Arrow => Box::new(arrow::File::new(shape)?),
        })
    }
}
