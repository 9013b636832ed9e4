//! The ingestor's own door: a Unix socket in the journal's directory, for commands that must pass through the journal.
//!
//! The directory is the ingestor's alone (mode 0700), and so is the socket. One request a connection, a line of JSON each way:
//!
//! ```text
//! → {"import_sensors": {"source": "mqtt", "list": "{\"Sensor 1\": …}"}}
//! ← {"imported": {"seq": 17, "sensors": 5, "warnings": [], "loaded": true}}   or   {"error": "…"}
//! ```

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::Journal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::decode::rejection::{DETAIL_CHARS, TEXT_CHARS, excerpt};
use crate::import::{self, ImportError};
use crate::sensor_list;

/// A request's bytes at most: a sensor list as a JSON text, every byte of it escaped.
const REQUEST_BYTES_MAX: u64 = 6 * sensor_list::BYTES_MAX as u64 + 4096;
/// An answer's bytes at most: a list's warnings are bounded, and far below this.
const REPLY_BYTES_MAX: u64 = 1 << 20;
/// A peer that says nothing, or doesn't listen, for this long is left alone: the next one waits for its turn.
const REQUEST_MAX: Duration = Duration::from_secs(10);
/// How long an import waits for the database to have it.
const LOADED_MAX: Duration = Duration::from_secs(20);

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    ImportSensors { source: String, list: String },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Imported(Imported),
    Error(String),
}

/// What became of a sensor list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Its position in the journal.
    pub seq: u64,
    /// How many sensors it declares.
    pub sensors: usize,
    /// What of it is ignored.
    pub warnings: Vec<String>,
    /// Whether the database has it; if not, it will once it answers.
    pub loaded: bool,
}

/// Why a request had no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens.
    #[error("no ingestor runs on the journal in {0}")]
    NotRunning(PathBuf),
    /// The socket broke.
    #[error("talk to the ingestor")]
    Io(#[from] io::Error),
    /// The answer makes no sense.
    #[error("read the ingestor's answer: is it of the same version?")]
    Answer(#[source] serde_json::Error),
    /// The ingestor refuses.
    #[error("{0}")]
    Refused(String),
}

/// Where the socket of a journal's ingestor is.
///
/// A socket's address holds 107 bytes; for a longer directory it is in the system's temporary one, under a name that
/// the directory gives.
pub fn socket_path(journal_dir: &Path) -> PathBuf {
    const ADDRESS_BYTES_MAX: usize = 107;
    let path = journal_dir.join("control.sock");
    if path.as_os_str().len() <= ADDRESS_BYTES_MAX {
        return path;
    }
    let hash = Sha256::digest(journal_dir.as_os_str().as_encoded_bytes());
    let short = hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    std::env::temp_dir().join(format!("fieldbook-{short:016x}.sock"))
}

/// Asks the ingestor that runs on `journal_dir` to take a sensor list.
pub async fn import_sensors(journal_dir: &Path, source: &str, list: &str) -> Result<Imported, ControlError> {
    let path = socket_path(journal_dir);
    let mut stream = UnixStream::connect(&path)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                ControlError::NotRunning(journal_dir.to_owned())
            }
            _ => ControlError::Io(error),
        })?;
    let request = Request::ImportSensors {
        source: source.to_owned(),
        list: list.to_owned(),
    };
    let mut line = serde_json::to_vec(&request).map_err(ControlError::Answer)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(stream.take(REPLY_BYTES_MAX))
        .read_line(&mut answer)
        .await?;
    match serde_json::from_str(&answer).map_err(ControlError::Answer)? {
        Reply::Imported(imported) => Ok(imported),
        Reply::Error(error) => Err(ControlError::Refused(error)),
    }
}

/// Serves the socket.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) dir: PathBuf,
    pub(crate) journal: Journal,
    pub(crate) sources: Vec<String>,
    pub(crate) clock: std::sync::Arc<dyn Clock>,
    pub(crate) loaded: watch::Receiver<u64>,
}

impl Control {
    /// Answers until `shutdown`, one request after the other.
    pub(crate) async fn run(self, shutdown: CancellationToken) -> Result<(), io::Error> {
        let path = socket_path(&self.dir);
        remove_socket(&path)?;
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => accepted?.0,
                () = shutdown.cancelled() => break,
            };
            tokio::select! {
                answered = self.answer(stream) => {
                    if let Err(error) = answered {
                        tracing::debug!("a command went away: {error}");
                    }
                }
                () = shutdown.cancelled() => break,
            }
        }
        remove_socket(&path)
    }

    async fn answer(&self, stream: UnixStream) -> io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut line = String::new();
        let mut lines = BufReader::new(read.take(REQUEST_BYTES_MAX));
        timeout(REQUEST_MAX, lines.read_line(&mut line)).await??;
        let reply = match serde_json::from_str(&line) {
            Ok(Request::ImportSensors { source, list }) => match self.import(&source, &list).await {
                Ok(imported) => Reply::Imported(imported),
                Err(error) => Reply::Error(crate::chain(&error)),
            },
            Err(error) => {
                let why = excerpt(&error.to_string(), DETAIL_CHARS);
                Reply::Error(format!("the request is not understood: {why}"))
            }
        };
        let mut line = serde_json::to_vec(&reply)?;
        line.push(b'\n');
        timeout(REQUEST_MAX, write.write_all(&line)).await?
    }

    async fn import(&self, source: &str, list: &str) -> Result<Imported, ImportError> {
        if !self.sources.iter().any(|known| known == source) {
            let known = self.sources.join(", ");
            return Err(ImportError::UnknownSource {
                source_name: excerpt(source, TEXT_CHARS),
                known,
            });
        }
        let appended = import::append(&self.journal, &*self.clock, source, list.as_bytes()).await?;
        let mut loaded = self.loaded.clone();
        let in_time = timeout(LOADED_MAX, loaded.wait_for(|seq| *seq >= appended.seq)).await;
        Ok(Imported {
            loaded: matches!(in_time, Ok(Ok(_))),
            ..appended
        })
    }
}

/// A socket outlives the process that was killed; anything else under its name is not ours.
fn remove_socket(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} is not a socket", path.display()),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::clock::SystemClock;

    fn served(
        dir: &Path,
    ) -> (
        Journal,
        tokio::task::JoinHandle<Result<(), io::Error>>,
        CancellationToken,
    ) {
        let (journal, _) = Journal::open(dir, journal::Options::default()).expect("a journal");
        let shutdown = CancellationToken::new();
        let control = Control {
            dir: dir.to_owned(),
            journal: journal.clone(),
            sources: vec!["mqtt".to_owned()],
            clock: std::sync::Arc::new(SystemClock),
            loaded: watch::Sender::new(u64::MAX).subscribe(),
        };
        (journal, tokio::spawn(control.run(shutdown.clone())), shutdown)
    }

    /// Sends bytes and a newline, and gives what comes back until the end.
    async fn said_to(dir: &Path, bytes: &[u8]) -> Vec<u8> {
        let connected = async {
            loop {
                // The socket is there a moment after the task began.
                if let Ok(stream) = UnixStream::connect(socket_path(dir)).await {
                    break stream;
                }
                tokio::task::yield_now().await;
            }
        };
        let mut stream = timeout(Duration::from_secs(20), connected)
            .await
            .expect("a socket");
        // Whoever was understood before the end is answered and cut off.
        let _ = stream.write_all(bytes).await;
        let _ = stream.write_all(b"\n").await;
        let mut answer = Vec::new();
        let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer))
            .await
            .expect("an answer or an end");
        answer
    }

    #[tokio::test]
    async fn any_bytes_get_an_answer_or_an_end_and_the_next_command_is_served() {
        let dir = tempfile::tempdir().expect("a directory");
        let (journal, control, shutdown) = served(dir.path());
        let mut runner = TestRunner::default();
        let request = r#"{"import_sensors": {"source": "mqtt", "list": "{}"}}"#;
        let damaged = (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| {
            let mut bytes = request.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        });
        let lines = prop_oneof![
            any::<Vec<u8>>(),
            "\\PC{0,80}".prop_map(String::into_bytes),
            damaged
        ];
        for _ in 0..300 {
            let line = lines.new_tree(&mut runner).expect("a line").current();
            let answer = said_to(dir.path(), &line).await;
            let text = std::str::from_utf8(&line);
            if let Ok(text) = text
                && !text.contains('\n')
            {
                let reply: Reply = serde_json::from_slice(&answer).expect("a reply");
                let understood = serde_json::from_str::<Request>(text)
                    .is_ok_and(|Request::ImportSensors { source, .. }| source == "mqtt");
                assert!(
                    understood || matches!(reply, Reply::Error(_)),
                    "{text}: {reply:?}"
                );
            }
        }
        let imported = import_sensors(dir.path(), "mqtt", r#"{"a": {}}"#)
            .await
            .expect("an import");
        assert_eq!((imported.sensors, imported.loaded), (1, true));
        shutdown.cancel();
        control.await.expect("no panic").expect("no error");
        journal.close().await.expect("closed");
    }

    #[tokio::test]
    async fn what_is_said_of_a_long_request_is_short() {
        let dir = tempfile::tempdir().expect("a directory");
        let (journal, control, shutdown) = served(dir.path());
        let long = "x".repeat(1 << 20);
        for line in [
            format!(r#"{{"{long}": 1}}"#),
            format!(r#"{{"import_sensors": {{"source": "{long}", "list": "{{}}"}}}}"#),
        ] {
            let answer = said_to(dir.path(), line.as_bytes()).await;
            assert!((20..2000).contains(&answer.len()), "{} bytes", answer.len());
        }
        shutdown.cancel();
        control.await.expect("no panic").expect("no error");
        journal.close().await.expect("closed");
    }

    proptest! {
        #[test]
        fn any_request_comes_back(source: String, list: String) {
            let line = serde_json::to_string(&Request::ImportSensors { source: source.clone(), list: list.clone() })
                .expect("JSON");
            prop_assert!(!line.contains('\n'), "a request is one line");
            let Request::ImportSensors { source: again, list: list_again } =
                serde_json::from_str(&line).expect("a request");
            prop_assert_eq!((again, list_again), (source, list));
        }
    }
}
