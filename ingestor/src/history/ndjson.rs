//! A JSON object a line.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use super::file::{FileError, ROW_BYTES_MAX, Rows, SENSOR_NAMES, TIME_NAMES, VALUE_NAMES};
use super::row::{self, Cell, Cells};
use super::{Layout, SensorFrom};

/// The lines of a file.
pub(super) struct Ndjson {
    path: PathBuf,
    reader: BufReader<File>,
    line: Vec<u8>,
    lines: u64,
    position: u64,
    sensor: Vec<String>,
    time: Vec<String>,
    value: Vec<String>,
}

impl Ndjson {
    pub(super) fn open(path: &Path, file: File, layout: &Layout) -> Self {
        let names = |asked: Option<&String>, usual: &[&str]| match asked {
            Some(asked) => vec![asked.clone()],
            None => usual.iter().map(|&name| name.to_owned()).collect(),
        };
        Self {
            path: path.to_owned(),
            reader: BufReader::with_capacity(1 << 18, file),
            line: Vec::new(),
            lines: 0,
            position: 0,
            sensor: match &layout.sensor {
                SensorFrom::Fixed(_) => Vec::new(),
                SensorFrom::Column(asked) => names(asked.as_ref(), SENSOR_NAMES),
            },
            time: names(layout.time_column.as_ref(), TIME_NAMES),
            value: names(layout.value_column.as_ref(), VALUE_NAMES),
        }
    }

    /// Reads a line without its end; `false` behind the last.
    fn read_line(&mut self) -> Result<bool, FileError> {
        self.line.clear();
        let limit = ROW_BYTES_MAX as u64 + 1;
        let read = (&mut self.reader)
            .take(limit)
            .read_until(b'\n', &mut self.line)
            .map_err(|source| FileError::Read {
                path: self.path.clone(),
                row: self.lines,
                source: Box::new(source),
            })?;
        if read == 0 {
            return Ok(false);
        }
        if self.line.len() > ROW_BYTES_MAX {
            return Err(FileError::TooLong {
                path: self.path.clone(),
                line: self.lines,
            });
        }
        self.lines += 1;
        self.position += read as u64;
        while matches!(self.line.last(), Some(b'\n' | b'\r')) {
            self.line.pop();
        }
        Ok(true)
    }
}

impl Rows for Ndjson {
    fn next(&mut self, layout: &Layout, payload: &mut Vec<u8>) -> Result<bool, FileError> {
        loop {
            if !self.read_line()? {
                return Ok(false);
            }
            if self.line.trim_ascii().is_empty() {
                continue;
            }
            let Some(members) = members(&self.line) else {
                // What it is, its reason says.
                payload.clear();
                payload.extend_from_slice(&self.line);
                return Ok(true);
            };
            let cell = |names: &[String]| {
                let found = names.iter().find_map(|name| members.get(name));
                found.map_or(Cell::Missing, |value| Cell::Json(value.get()))
            };
            let cells = Cells {
                sensor: cell(&self.sensor),
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
        self.position
    }
}

/// The members of an object by their names, each as it is written.
struct Members<'a> {
    plain: HashMap<&'a str, &'a RawValue>,
    escaped: HashMap<String, &'a RawValue>,
}

impl Members<'_> {
    fn get(&self, name: &str) -> Option<&RawValue> {
        self.plain.get(name).or_else(|| self.escaped.get(name)).copied()
    }
}

/// `None` when the line is no object.
fn members(line: &[u8]) -> Option<Members<'_>> {
    let (mut plain, mut escaped) = (HashMap::new(), HashMap::new());
    match serde_json::from_slice(line) {
        Ok(members) => plain = members,
        // A name with an escape can't be borrowed.
        Err(_) => escaped = serde_json::from_slice(line).ok()?,
    }
    Some(Members { plain, escaped })
}
