//! Measuring windows of sensors from what the database has of them.

use entity::quality::{Came, CameRequest, SampleRequest, Samples, came, samples};
use entity::{ConnectionTrait, DbErr};

use super::evaluation::{Evaluated, Evaluation, Flagged, OutOfOrder, Setting};
use super::intake::{BadIntake, Intake};
use super::sample::Sample;

/// So many windows are read in one statement at most.
const WINDOWS_MAX: usize = 64;
/// So many readings are in memory at most, of 30 bytes each: an hour of [`WINDOWS_MAX`] sensors that send each second fits.
const READINGS_MAX: u32 = 262_144;
/// So many readings of one window come in one piece at most, for the database packs each in memory.
const PIECE_MAX: u32 = 100_000;

/// A window of a sensor to be measured.
#[derive(Debug, Clone, Copy)]
pub struct ToMeasure<'a> {
    /// Internal key of the sensor.
    pub sensor_id: i32,
    /// Which window, and by what.
    pub setting: Setting<'a>,
}

/// How much is read and listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasureBounds {
    /// So many of the readings of a window that tests doubt or refuse are listed, the earliest; all are counted.
    pub flagged_max: usize,
    /// So many readings are read at most, of all windows together and with their neighbours.
    pub readings_max: u64,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The database did not give the readings.
    #[error("read the readings of a window to measure its quality")]
    Read(#[from] DbErr),
    /// It gave them in another order than asked for.
    #[error("measure the quality of a window")]
    Order(#[from] OutOfOrder),
    /// There are more readings than may be read.
    #[error("measure the quality of more than {readings_max} readings")]
    TooMany {
        /// How many may be read.
        readings_max: u64,
    },
    /// What ingest counted can't be.
    #[error("measure what was received of a window")]
    Intake(#[from] BadIntake),
}

/// What can be said of each of these windows, in their order, of windows of whole hours with what ingest counted.
///
/// Windows are read together, in the order in which they are given: those of neighbouring sensors best lie beside each
/// other, for so do their readings. However long a window is, a bounded number of readings is in memory, and 8 bytes of each
/// reading of as many windows as are read together.
pub async fn measure(
    db: &impl ConnectionTrait,
    windows: &[ToMeasure<'_>],
    bounds: MeasureBounds,
) -> Result<Vec<Evaluated>, MeasureError> {
    let mut measured = Vec::with_capacity(windows.len());
    let mut left = bounds.readings_max;
    for some in windows.chunks(WINDOWS_MAX) {
        let together = measure_together(db, some, bounds, &mut left).await?;
        measured.extend(together);
    }
    Ok(measured)
}

async fn measure_together(
    db: &impl ConnectionTrait,
    windows: &[ToMeasure<'_>],
    bounds: MeasureBounds,
    left: &mut u64,
) -> Result<Vec<Evaluated>, MeasureError> {
    let mut measuring: Vec<Measuring<'_>> = windows
        .iter()
        .map(|window| Measuring::new(window, bounds.flagged_max))
        .collect();
    loop {
        let mut unread: Vec<&mut Measuring<'_>> = measuring.iter_mut().filter(|one| !one.is_read).collect();
        let count = u32::try_from(unread.len()).unwrap_or(u32::MAX);
        if count == 0 {
            break;
        }
        let requests: Vec<SampleRequest> = unread.iter().map(|one| one.request).collect();
        let pieces = samples(db, &requests, (READINGS_MAX / count).clamp(1, PIECE_MAX)).await?;
        let read: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        *left = left.checked_sub(read).ok_or(MeasureError::TooMany {
            readings_max: bounds.readings_max,
        })?;
        for (one, piece) in unread.iter_mut().zip(&pieces) {
            one.take(piece)?;
            // A piece takes some milliseconds, and others have their turn between.
            tokio::task::yield_now().await;
        }
    }
    let mut measured: Vec<Evaluated> = measuring.into_iter().map(Measuring::finish).collect();
    count_intake(db, windows, &mut measured).await?;
    Ok(measured)
}

/// Adds what ingest counted, of windows of whole hours that nobody said it of.
async fn count_intake(
    db: &impl ConnectionTrait,
    windows: &[ToMeasure<'_>],
    measured: &mut [Evaluated],
) -> Result<(), MeasureError> {
    let requests = windows.iter().enumerate().filter_map(|(position, window)| {
        let Setting {
            window: time, intake, ..
        } = window.setting;
        let request = CameRequest::of_hours(window.sensor_id, time.from(), time.to())?;
        intake.is_none().then_some((position, request))
    });
    let (positions, requests): (Vec<usize>, Vec<CameRequest>) = requests.unzip();
    let found = came(db, &requests).await?;
    for (position, came) in positions.into_iter().zip(found) {
        let measurement = &mut measured[position].measurement;
        measurement.intake = came
            .map(|came| received(measurement.readings, came))
            .transpose()?;
    }
    Ok(())
}

/// All that came: those that are readings now, and the others.
fn received(readings: u64, came: Came) -> Result<Intake, BadIntake> {
    let Came {
        duplicates,
        conflicting,
        refused,
    } = came;
    let received = readings + duplicates + conflicting + refused;
    Intake::new(received, duplicates, conflicting, refused)
}

/// A window on the way.
struct Measuring<'a> {
    request: SampleRequest,
    evaluation: Evaluation<'a>,
    flagged: Earliest,
    is_read: bool,
}

impl<'a> Measuring<'a> {
    fn new(window: &ToMeasure<'a>, flagged_max: usize) -> Self {
        let setting = window.setting;
        Self {
            request: SampleRequest {
                sensor_id: window.sensor_id,
                from: setting.window.from(),
                to: setting.window.to(),
                context: u32::try_from(setting.rules.context_before()).unwrap_or(u32::MAX),
                behind: None,
            },
            evaluation: Evaluation::new(setting),
            flagged: Earliest {
                max: flagged_max,
                found: Vec::new(),
            },
            is_read: false,
        }
    }

    fn take(&mut self, piece: &Samples) -> Result<(), OutOfOrder> {
        let readings = piece.times.iter().zip(&piece.received);
        let said = piece.values.iter().zip(&piece.flags);
        for ((time, received_at), (value, flag)) in readings.zip(said) {
            let sample = Sample {
                time: *time,
                value: *value,
                received_at: *received_at,
                flag: *flag,
            };
            self.evaluation
                .push(&sample, &mut |found| self.flagged.take(found))?;
        }
        self.request.behind = piece.times.last().copied();
        self.is_read = !piece.has_more || piece.is_empty() || self.evaluation.is_complete();
        Ok(())
    }

    fn finish(self) -> Evaluated {
        let mut flagged = self.flagged;
        let (measurement, gaps) = self.evaluation.finish(&mut |found| flagged.take(found));
        Evaluated {
            measurement,
            gaps,
            flagged: flagged.finish(),
        }
    }
}

/// Keeps the earliest of what is found nearly in the order of time.
struct Earliest {
    max: usize,
    found: Vec<Flagged>,
}

impl Earliest {
    fn take(&mut self, found: Flagged) {
        self.found.push(found);
        if self.found.len() > self.max.saturating_mul(2).saturating_add(64) {
            self.cut();
        }
    }

    /// A spike is known only when the reading behind it is.
    fn cut(&mut self) {
        self.found.sort_unstable_by_key(|found| (found.time, found.test));
        self.found.truncate(self.max);
    }

    fn finish(mut self) -> Vec<Flagged> {
        self.cut();
        self.found
    }
}
