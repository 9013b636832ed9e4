//! `fieldbook import`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use ingestor::history::{Format, TimeFormat};

use super::parts::{DatabaseArgs, StoreArgs};
use super::source::OnConflictArg;
use super::time::instant;

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The files, in the order in which they are taken
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How they are written [default: as their names end: .csv, .ndjson or .jsonl, .parquet]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<FormatArg>,
    /// The source whose sensors these are: the namespace of their names
    #[arg(long, env = "FIELDBOOK_SOURCE", value_name = "NAME", default_value = "mqtt")]
    pub(crate) source: String,
    /// All readings are of this sensor
    #[arg(long, value_name = "NAME", conflicts_with = "sensor_column")]
    pub(crate) sensor: Option<String>,
    /// The column that names the sensor [default: sensor, id, name or `sensor_name`]
    #[arg(long, value_name = "NAME")]
    pub(crate) sensor_column: Option<String>,
    /// The column of times [default: time, dt, timestamp, datetime or ts]
    #[arg(long, value_name = "NAME")]
    pub(crate) time_column: Option<String>,
    /// The column of values [default: value]
    #[arg(long, value_name = "NAME")]
    pub(crate) value_column: Option<String>,
    /// How times are written: iso, s, ms, us or ns since 1970, or a pattern such as "%d.%m.%Y %H:%M:%S"; in UTC without an
    /// offset
    #[arg(long, value_name = "FORMAT", default_value = "iso", value_parser = time_format)]
    pub(crate) time_format: TimeFormat,
    /// What separates the fields of CSV; \t for a tab
    #[arg(long, value_name = "CHARACTER", default_value = ",", value_parser = delimiter)]
    pub(crate) delimiter: u8,
    /// Pass over rows without a value instead of setting them aside
    #[arg(long)]
    pub(crate) skip_empty: bool,
    /// Set aside readings from before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) earliest: Option<DateTime<Utc>>,
    /// Set aside readings from after this time [default: an hour from now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) latest: Option<DateTime<Utc>>,
    /// Which of two values for the same sensor and time is served, as the ingest of this source has it
    #[arg(
        long,
        env = "FIELDBOOK_ON_CONFLICT",
        value_name = "WHICH",
        default_value = "first"
    )]
    pub(crate) on_conflict: OnConflictArg,
    /// Sensors that may register themselves by their messages and rows; rows of further ones are set aside
    #[arg(
        long,
        env = "FIELDBOOK_AUTO_SENSORS_MAX",
        value_name = "N",
        default_value_t = 10_000
    )]
    pub(crate) auto_sensors_max: usize,
    /// The disk budget in MB of what is imported and not yet on S3 and in the database
    #[arg(long, value_name = "MB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(128..))]
    pub(crate) journal_mb: u64,
    /// Import once more what was imported before
    #[arg(long)]
    pub(crate) again: bool,
    /// Leave another import that was broken off as it is
    #[arg(long)]
    pub(crate) abandon: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// With a header.
    Csv,
    /// A JSON object a line.
    Ndjson,
    /// Parquet.
    Parquet,
}

impl From<FormatArg> for Format {
    fn from(arg: FormatArg) -> Self {
        match arg {
            FormatArg::Csv => Self::Csv,
            FormatArg::Ndjson => Self::Ndjson,
            FormatArg::Parquet => Self::Parquet,
        }
    }
}

fn time_format(text: &str) -> Result<TimeFormat, String> {
    let per_second = match text {
        "iso" => return Ok(TimeFormat::Iso),
        "s" => 1,
        "ms" => 1_000,
        "us" => 1_000_000,
        "ns" => 1_000_000_000,
        pattern => {
            use chrono::format::{Item, StrftimeItems};
            let mut items = StrftimeItems::new(pattern);
            let has_fields = pattern.contains('%') && !items.any(|item| matches!(item, Item::Error));
            return if has_fields {
                Ok(TimeFormat::Pattern(pattern.to_owned()))
            } else {
                Err("iso, s, ms, us, ns or a pattern such as \"%d.%m.%Y %H:%M:%S\" is expected".to_owned())
            };
        }
    };
    Ok(TimeFormat::Epoch { per_second })
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("one ASCII character is expected, such as ; or \\t".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_time_are_words_or_patterns() {
        assert_eq!(time_format("ms"), Ok(TimeFormat::Epoch { per_second: 1_000 }));
        assert!(matches!(
            time_format("%d.%m.%Y %H:%M"),
            Ok(TimeFormat::Pattern(_))
        ));
        for wrong in ["", "h", "%Q", "ISO"] {
            assert!(time_format(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_delimiter_is_one_character() {
        assert_eq!((delimiter(";"), delimiter("\\t")), (Ok(b';'), Ok(b'\t')));
        for wrong in ["", ";;", "ü", "\""] {
            assert!(delimiter(wrong).is_err(), "{wrong}");
        }
    }
}
