//! Whether a broker should have a session of ours: a mark beside the journal, made once a broker delivers.
//!
//! A broker that says that it has none, where there is a mark, has lost what it received for us since: it was away and keeps
//! nothing on disk, or we were away for longer than it keeps a session. That can't be mended here, and must not pass unseen.

use std::path::{Path, PathBuf};

use uuid::{Uuid, uuid};

use super::Source;

/// For names of marks.
const NAMESPACE: Uuid = uuid!("6c0f8f0e-0a0e-4b4e-9a3c-2f0c1d7f5b52");

/// The mark of one source at one broker.
#[derive(Debug)]
pub(crate) struct Remembered {
    path: PathBuf,
}

impl Remembered {
    /// That of a source, in the journal's directory. At another address it is another broker, which can't have a session yet.
    pub(crate) fn of(source: &Source, journal_dir: &Path) -> Self {
        let session = format!("{}:{} {}", source.broker.host, source.broker.port, source.name);
        let name = Uuid::new_v5(&NAMESPACE, session.as_bytes());
        Self {
            path: journal_dir.join(format!("{}.session", name.simple())),
        }
    }

    /// Whether the broker has had a session of ours.
    pub(super) fn is_made(&self) -> bool {
        self.path.exists()
    }

    /// The broker has one from now on. Where the mark can't be made, a lost session may pass unseen.
    pub(super) fn make(&self) {
        if !self.is_made()
            && let Err(error) = std::fs::write(&self.path, b"")
        {
            tracing::warn!("make {}: {error}", self.path.display());
        }
    }
}
