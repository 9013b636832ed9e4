//! The loader's transaction: sensors, readings, conflicts, quarantine, counts and checkpoint, all or nothing.
//!
//! A loader begins a [`LoadTransaction`], writes what a batch of journal records amounted to, moves the checkpoint from
//! where the batch began to where it ends, and commits. Because the checkpoint moves by compare-and-swap in the same
//! transaction, each record's effects come in exactly once, whatever dies in between. A lost reply to a commit is found
//! out by reading the [`checkpoint()`].
//!
//! With the checkpoint the transaction notifies: who listens is told, at its commit, which positions are there and where
//! in time their readings lie ([`CHANNEL`]).
//!
//! What was set aside comes in later by the same transaction: [`waiting()`]. What is hoped to be all new may be copied
//! ([`BulkTransaction`]). The books of a segment say how far it is loaded, so that the archive may be loaded again at any
//! time ([`ArchiveReplay`]), whole or in part: each message is counted once.
//!
//! What the rows say in the end depends on what was loaded, not on the order of loading nor on how it was cut into
//! batches: see [`LoadTransaction::write_readings`].

mod bulk;
mod checkpoint;
mod error;
mod intake;
mod model;
mod notify;
mod quarantine;
mod ranges;
mod readings;
mod refusal;
mod replay;
mod replays;
mod segment;
mod sensor_list;
mod sensors;
mod transaction;

pub use bulk::BulkTransaction;
pub use checkpoint::{advance_checkpoint, checkpoint, is_whole, journal_id, pass_checkpoint};
pub use error::LoadError;
pub use model::{
    ArchivedSegment, Counts, DeclaredSensor, KnownSensor, NewQuarantined, NewReading, NewSensor,
    NewSensorList, OnConflict, Refused, UnitMeaning, Written,
};
pub use notify::{CHANNEL, Loaded, SPANS_MAX};
pub use quarantine::set_aside;
pub use ranges::{RangeHistory, has_lists_behind};
pub use replay::{StillRefused, WaitingMessage, finish_replay, open_replays, take_replay, waiting};
pub use replays::{
    ArchiveReplay, ReplayOf, ReplayStep, begin_replay, finish_archive_replay, replay_transactions,
    unfinished_replay,
};
pub use segment::{
    Books, SegmentSums, archived_before, books, first_unarchived, record_archived, sums_behind,
};
pub use sensors::{SENSOR_NAME_BYTES_MAX, known_sensors, sensor_uuid};
pub use transaction::LoadTransaction;
