//! What goes wrong.

/// A kind of fault; a round has up to three of them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// SIGKILL of the ingest, any time.
    Kill,
    /// SIGKILL as a message is acknowledged: it is in the journal, and the broker does not know.
    KillAtAcknowledgement,
    /// SIGKILL around the loader's COMMIT.
    KillAtCommit,
    /// SIGKILL when S3 has stored a segment, and nobody was told.
    KillAtUpload,
    /// SIGKILL on a disk that forgets what was not synced.
    PowerLoss,
    /// The same at one operation of the disk: before it, half way through, after it.
    PowerLossAtInstant,
    /// An operation of the disk fails.
    DiskError,
    /// A disk whose fsync takes 2, 10 or 100 ms.
    SlowDisk,
    /// No room for the journal, until S3 is back.
    DiskFull,
    /// The database ends at once, in the middle of the loader's transaction, and starts again.
    DatabaseRestart,
    /// The connection is cut when the database has committed and the ingest does not know.
    CutAfterCommit,
    /// The connection is cut elsewhere in the loader's transaction.
    CutBeforeCommit,
    /// Nobody reaches the database for a while.
    DatabaseAway,
    /// S3 answers 503.
    StoreRefuses,
    /// S3 takes requests and says nothing.
    StoreHangs,
    /// S3 stores and cuts the line.
    StoredAndCut,
    /// The line to S3 is cut in the middle of an upload.
    UploadCut,
    /// Nobody reaches S3 for a while.
    StoreAway,
    /// The broker ends and starts again with its sessions.
    BrokerRestart,
    /// The broker ends and starts again, and has forgotten everything.
    BrokerForgets,
    /// The line from the broker is cut in the middle of a message.
    DeliveryCut,
}

pub(super) const FAULTS: [Fault; 21] = [
    Fault::Kill,
    Fault::KillAtAcknowledgement,
    Fault::KillAtCommit,
    Fault::KillAtUpload,
    Fault::PowerLoss,
    Fault::PowerLossAtInstant,
    Fault::DiskError,
    Fault::SlowDisk,
    Fault::DiskFull,
    Fault::DatabaseRestart,
    Fault::CutAfterCommit,
    Fault::CutBeforeCommit,
    Fault::DatabaseAway,
    Fault::StoreRefuses,
    Fault::StoreHangs,
    Fault::StoredAndCut,
    Fault::UploadCut,
    Fault::StoreAway,
    Fault::BrokerRestart,
    Fault::BrokerForgets,
    Fault::DeliveryCut,
];

impl Fault {
    /// As it stands in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::KillAtAcknowledgement => "SIGKILL at an acknowledgement",
            Self::KillAtCommit => "SIGKILL at a COMMIT",
            Self::KillAtUpload => "SIGKILL at an upload",
            Self::PowerLoss => "loss of power",
            Self::PowerLossAtInstant => "loss of power at one operation of the disk",
            Self::DiskError => "input/output error of the disk",
            Self::SlowDisk => "slow fsync",
            Self::DiskFull => "disk full",
            Self::DatabaseRestart => "database restarted in a transaction",
            Self::CutAfterCommit => "connection cut after COMMIT, before the reply",
            Self::CutBeforeCommit => "connection cut in a transaction",
            Self::DatabaseAway => "database out of reach",
            Self::StoreRefuses => "S3 answers 503",
            Self::StoreHangs => "S3 hangs",
            Self::StoredAndCut => "S3 stores and cuts the line",
            Self::UploadCut => "line cut in an upload",
            Self::StoreAway => "S3 out of reach",
            Self::BrokerRestart => "broker restarted, session kept",
            Self::BrokerForgets => "broker restarted, session lost",
            Self::DeliveryCut => "line cut in a delivery",
        }
    }

    /// What the journal lies on is decided when the ingest starts: a round has one of these.
    pub(super) fn is_of_the_disk(self) -> bool {
        matches!(
            self,
            Self::PowerLoss | Self::PowerLossAtInstant | Self::DiskError | Self::SlowDisk
        )
    }

    /// It needs everything else to be well, and comes when the others are over.
    pub(super) fn comes_alone(self) -> bool {
        matches!(self, Self::DiskFull | Self::BrokerForgets)
    }
}
