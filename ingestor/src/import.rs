//! Sensor lists on their way into the journal.

use std::path::Path;

use journal::{AppendError, Journal};

use crate::clock::{Clock, SystemClock};
use crate::control::Imported;
use crate::message::{Kind, Record};
use crate::sensor_list::{self, SensorListError};

/// Why a list was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It can't be used.
    #[error(transparent)]
    List(#[from] SensorListError),
    /// Nobody receives from such a source.
    #[error("there is no source {source_name:?}: known are {known}")]
    UnknownSource {
        /// The one asked for.
        source_name: String,
        /// The others.
        known: String,
    },
    /// The journal can't be opened.
    #[error("open the journal")]
    Open(#[source] journal::OpenError),
    /// The journal takes nothing.
    #[error("write the list into the journal")]
    Append(#[source] AppendError),
    /// The disk failed.
    #[error("write the list to disk")]
    Durable(#[source] journal::Ended),
}

/// Declares the sensors of a list in a journal on which no ingestor runs; the next one takes it from there.
pub async fn import_sensors_alone(
    journal_dir: &Path,
    source: &str,
    list: &str,
) -> Result<Imported, ImportError> {
    let options = crate::with_consumers(journal::Options::default());
    let (journal, _) = Journal::open(journal_dir, options).map_err(ImportError::Open)?;
    let imported = append(&journal, &SystemClock, source, list.as_bytes()).await?;
    journal.close().await.map_err(ImportError::Durable)?;
    Ok(imported)
}

/// Checks a list and appends it to the journal; it is on disk when this returns.
pub(crate) async fn append(
    journal: &Journal,
    clock: &dyn Clock,
    source: &str,
    bytes: &[u8],
) -> Result<Imported, ImportError> {
    let list = sensor_list::parse(bytes)?;
    let mut body = Vec::new();
    Record {
        kind: Kind::SensorList,
        qos: 0,
        retain: false,
        dup: false,
        received_at_us: clock.now().timestamp_micros(),
        source,
        topic: b"",
        payload: bytes,
    }
    .encode(&mut body);
    let seq = journal.try_append(&body).map_err(ImportError::Append)?;
    journal.wait_durable(seq).await.map_err(ImportError::Durable)?;
    Ok(Imported {
        seq,
        sensors: list.sensors.len(),
        warnings: list.warnings,
        loaded: false,
    })
}
