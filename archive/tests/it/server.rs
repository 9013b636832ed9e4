//! An S3 server of our own on a free port of loopback, which can be told to refuse the next requests of a kind.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use archive::{Config, Kind, Object, ObjectBuilder, OwnedLine, Qos, Secret, Store};
use chrono::{DateTime, TimeDelta, Utc};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s::{S3Error, S3ErrorCode, S3Result};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub(crate) const BUCKET: &str = "fieldbook";

/// Requests to refuse, in order: the operation's name and the refusal.
type Refusals = Arc<Mutex<VecDeque<(&'static str, S3ErrorCode)>>>;

/// The headers of the last PUT of an object.
type PutHeaders = Arc<Mutex<HashMap<String, String>>>;

pub(crate) struct Server {
    endpoint_url: String,
    folder: TempDir,
    refusals: Refusals,
    put_headers: PutHeaders,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a server with no bucket.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = s3s_fs::FileSystem::new(folder.path()).unwrap();
        Self::serve(files, folder).await
    }

    /// Starts a server of anything that speaks S3.
    pub(crate) async fn serve(s3: impl s3s::S3, folder: TempDir) -> Self {
        let refusals = Refusals::default();
        let put_headers = PutHeaders::default();
        let mut service = S3ServiceBuilder::new(s3);
        service.set_auth(SimpleAuth::from_single("key", "secret"));
        service.set_access(Watch {
            refusals: Arc::clone(&refusals),
            put_headers: Arc::clone(&put_headers),
        });
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint_url = format!("http://{}", listener.local_addr().unwrap());
        let accepting = tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let service = service.clone();
                tokio::spawn(async move {
                    let http = Builder::new(TokioExecutor::new());
                    // A client that goes away ends its connection with an error, which is nothing to a test.
                    let _ = http.serve_connection(TokioIo::new(connection), service).await;
                });
            }
        });
        Self {
            endpoint_url,
            folder,
            refusals,
            put_headers,
            accepting,
        }
    }

    /// Starts a server and a store with its bucket made.
    pub(crate) async fn with_store() -> (Self, Store) {
        let server = Self::start().await;
        let store = Store::new(server.config()).unwrap();
        store.ensure_bucket().await.unwrap();
        (server, store)
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            endpoint_url: Some(self.endpoint_url.clone()),
            region: "us-east-1".to_owned(),
            access_key_id: "key".to_owned(),
            secret_access_key: Secret::new("secret"),
            bucket: BUCKET.to_owned(),
            prefix: String::new(),
        }
    }

    /// Refuses the next request of that operation that is not refused already.
    pub(crate) fn refuse(&self, operation: &'static str, code: S3ErrorCode) {
        self.refusals.lock().unwrap().push_back((operation, code));
    }

    /// How many of the refusals asked for have not happened.
    pub(crate) fn refusals_left(&self) -> usize {
        self.refusals.lock().unwrap().len()
    }

    /// The headers of the last PUT of an object.
    pub(crate) fn put_headers(&self) -> HashMap<String, String> {
        self.put_headers.lock().unwrap().clone()
    }

    /// The file that holds an object's bytes.
    pub(crate) fn file_of(&self, key: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(key)
    }

    /// Takes all objects' metadata away, as a server killed between its two writes leaves them.
    pub(crate) fn lose_metadata(&self) {
        let mut lost = 0;
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if is_metadata(&path) {
                std::fs::remove_file(path).unwrap();
                lost += 1;
            }
        }
        assert!(lost > 0, "there is metadata to lose");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn is_metadata(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().ends_with(".metadata.json"))
}

struct Watch {
    refusals: Refusals,
    put_headers: PutHeaders,
}

#[async_trait::async_trait]
impl S3Access for Watch {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.s3_op().name() == "PutObject" {
            let headers = context.headers().iter();
            *self.put_headers.lock().unwrap() = headers
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect();
        }
        let mut refusals = self.refusals.lock().unwrap();
        match refusals
            .iter()
            .position(|(operation, _)| *operation == context.s3_op().name())
        {
            Some(at) => Err(S3Error::new(refusals.remove(at).unwrap().1)),
            None => Ok(()),
        }
    }
}

/// Messages as a broker might deliver them: text, bytes and a sensor list.
pub(crate) fn messages(first_seq: u64, count: u64) -> Vec<OwnedLine> {
    let start: DateTime<Utc> = "2026-11-23T10:59:59.999000Z".parse().unwrap();
    (0..count)
        .map(|at| OwnedLine {
            seq: first_seq + at,
            source: "plant".to_owned(),
            topic: if at % 7 == 3 {
                vec![0xff, b'/']
            } else {
                b"sensors".to_vec()
            },
            received_at: start + TimeDelta::microseconds(at.cast_signed() * 137),
            qos: [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce][usize::try_from(at % 3).unwrap()],
            retain: at % 5 == 0,
            dup: at % 11 == 0,
            kind: if at == 1 { Kind::Sensors } else { Kind::Message },
            payload: match at % 4 {
                0 => vec![0, 0xfe, u8::try_from(at % 256).unwrap()],
                1 => "Größe \u{2028} \"1\" \\ \n".as_bytes().to_vec(),
                2 => Vec::new(),
                _ => format!(r#"{{"id": "Sensor {}", "value": {at}}}"#, at % 5).into_bytes(),
            },
        })
        .collect()
}

/// The object of those messages in a journal of that number.
pub(crate) fn object(journal: u128, messages: &[OwnedLine]) -> Object {
    let mut builder = ObjectBuilder::new(Uuid::from_u128(journal));
    for message in messages {
        builder.push(&message.as_line()).unwrap();
    }
    builder.finish().unwrap()
}
