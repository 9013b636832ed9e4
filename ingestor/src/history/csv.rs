//! CSV with a header (RFC 4180), and what is like it.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};

use super::file::{
    Bounded, FileError, NextRow, ROW_BYTES_MAX, Rows, SENSOR_NAMES, TIME_NAMES, VALUE_NAMES, column,
};
use super::row::{self, Cell, Cells};
use super::{Layout, SensorFrom};

/// The rows of a CSV file.
pub(super) struct Csv {
    path: PathBuf,
    reader: Reader<Bounded>,
    next_row: NextRow,
    record: ByteRecord,
    sensor: Option<usize>,
    time: usize,
    value: usize,
}

impl Csv {
    pub(super) fn open(path: &Path, file: File, layout: &Layout) -> Result<Self, FileError> {
        let (bounded, next_row) = Bounded::new(file);
        let mut reader = ReaderBuilder::new()
            .delimiter(layout.delimiter)
            // A row with too few or too many fields is a row, and has its reason.
            .flexible(true)
            .from_reader(bounded);
        let head = reader
            .byte_headers()
            .map_err(|error| failed(path, &next_row, error))?;
        let names: Vec<String> = head
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let name = String::from_utf8_lossy(name).into_owned();
                // Some programs begin a file with a byte order mark.
                match name.strip_prefix('\u{feff}') {
                    Some(rest) if index == 0 => rest.to_owned(),
                    _ => name,
                }
            })
            .collect();
        let sensor = match &layout.sensor {
            SensorFrom::Fixed(_) => None,
            SensorFrom::Column(asked) => {
                Some(column(path, "sensor", asked.as_deref(), SENSOR_NAMES, &names)?)
            }
        };
        Ok(Self {
            path: path.to_owned(),
            sensor,
            time: column(path, "time", layout.time_column.as_deref(), TIME_NAMES, &names)?,
            value: column(path, "value", layout.value_column.as_deref(), VALUE_NAMES, &names)?,
            reader,
            next_row,
            record: ByteRecord::new(),
        })
    }

    /// The row as it stands, for want of UTF-8.
    fn raw(&self, delimiter: u8, payload: &mut Vec<u8>) {
        payload.clear();
        for (index, field) in self.record.iter().enumerate() {
            if index > 0 {
                payload.push(delimiter);
            }
            payload.extend_from_slice(field);
        }
    }
}

impl Rows for Csv {
    fn next(&mut self, layout: &Layout, payload: &mut Vec<u8>) -> Result<bool, FileError> {
        loop {
            self.next_row.begin();
            let read = self
                .reader
                .read_byte_record(&mut self.record)
                .map_err(|error| failed(&self.path, &self.next_row, error))?;
            if !read {
                return Ok(false);
            }
            if self.record.as_slice().len() > ROW_BYTES_MAX {
                return Err(FileError::TooLong {
                    path: self.path.clone(),
                    line: self.record.position().map_or(0, csv::Position::line),
                });
            }
            let text = |index: usize| match self.record.get(index) {
                None => Ok(Cell::Missing),
                Some(bytes) => std::str::from_utf8(bytes).map(Cell::Text),
            };
            let sensor = self.sensor.map_or(Ok(Cell::Missing), text);
            let (Ok(sensor), Ok(time), Ok(value)) = (sensor, text(self.time), text(self.value)) else {
                self.raw(layout.delimiter, payload);
                return Ok(true);
            };
            if layout.skip_empty && value.is_empty() {
                continue;
            }
            row::write(layout, &Cells { sensor, time, value }, payload);
            return Ok(true);
        }
    }

    fn position(&self) -> u64 {
        self.reader.position().byte()
    }
}

fn failed(path: &Path, next_row: &NextRow, error: csv::Error) -> FileError {
    let path = path.to_owned();
    let line = error.position().map_or(0, csv::Position::line);
    if next_row.is_too_long() && matches!(error.kind(), ErrorKind::Io(_)) {
        return FileError::TooLong { path, line };
    }
    FileError::Read {
        path,
        row: line,
        source: Box::new(error),
    }
}
