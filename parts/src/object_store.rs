//! A private object store inside this process: S3's protocol over files, by s3s-fs.
//!
//! ```text
//! DIR/                    0700
//! ├─ credentials          0600: access key and secret key, a line each, the same from one start to the next
//! └─ objects/{bucket}/…   an object is a file under its key
//! ```
//!
//! s3s-fs never syncs, and Fieldbook lets go of a journal's segment on the strength of its upload. So a PUT is answered
//! here only when the file system has everything on disk (see [`durable`]).

mod durable;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use rand::distr::{Alphanumeric, SampleString as _};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::files;
use crate::ports::{self, PortError};
use durable::Durable;

/// Where a private object store listens when nobody says otherwise and the port is free.
pub const PREFERRED: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9000);

/// How long open requests may go on after a stop.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// What a private object store is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its own directory.
    pub directory: PathBuf,
    /// Where it listens; without one, [`PREFERRED`] or a free port.
    pub listen: Option<SocketAddr>,
    /// The bucket that it has.
    pub bucket: String,
}

/// Why the object store does not run.
#[derive(Debug, thiserror::Error)]
pub enum ObjectStoreError {
    /// Its directory can't be prepared.
    #[error("prepare the object store's directory {path}")]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Its directory can't be served.
    #[error("serve the directory {path} as an object store: {reason}")]
    Serve {
        /// The directory.
        path: PathBuf,
        /// What s3s-fs says.
        reason: String,
    },
    /// The address is taken.
    #[error(transparent)]
    Port(#[from] PortError),
    /// There is no free port.
    #[error("listen on a port of the loopback interface")]
    Listen(#[source] io::Error),
}

/// A running object store. Dropped, it ends.
#[derive(Debug)]
pub struct ObjectStore {
    address: SocketAddr,
    credentials: Credentials,
    directory: PathBuf,
    bucket: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl ObjectStore {
    /// Starts the object store of `options.directory`.
    pub async fn start(options: &Options) -> Result<Self, ObjectStoreError> {
        let directory = options.directory.clone();
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ObjectStoreError::Directory { path, source }
        };
        let objects = directory.join("objects");
        let bucket = objects.join(&options.bucket);
        files::create_private_dir(&bucket).map_err(failed(&bucket))?;
        let credentials = credentials(&directory.join("credentials")).map_err(failed(&directory))?;
        let listener = listen(options.listen).await?;
        let address = listener.local_addr().map_err(ObjectStoreError::Listen)?;
        let store = Durable::new(&objects)
            .map_err(|reason| ObjectStoreError::Serve { path: objects.clone(), reason })?;
        let mut service = S3ServiceBuilder::new(store);
        let Credentials { access_key_id, secret_access_key } = credentials.clone();
        service.set_auth(SimpleAuth::from_single(access_key_id, secret_access_key));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, service.build(), stopped));
        Ok(Self { address, credentials, directory: objects, bucket: options.bucket.clone(), stop: Some(stop), task })
    }

    /// Where it listens, as a URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its access key.
    pub fn access_key_id(&self) -> &str {
        &self.credentials.access_key_id
    }

    /// Its secret key.
    pub fn secret_access_key(&self) -> &str {
        &self.credentials.secret_access_key
    }

    /// The bucket that it has.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Where its objects lie as files.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Takes no new request, and ends when the open ones have, or after 5 s.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(address: Option<SocketAddr>) -> Result<TcpListener, ObjectStoreError> {
    if let Some(address) = address {
        ports::check(address, "the object store", "--s3")?;
        return TcpListener::bind(address).await.map_err(ObjectStoreError::Listen);
    }
    match TcpListener::bind(PREFERRED).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(ObjectStoreError::Listen),
    }
}

async fn serve(listener: TcpListener, service: S3Service, mut stopped: oneshot::Receiver<()>) {
    let http = Builder::new(TokioExecutor::new());
    let graceful = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Such as too many open files: the next moment may be better.
                Err(error) => {
                    tracing::warn!("the object store could not take a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let connection = http.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection to the object store broke: {error}");
            }
        });
    }
    let _ = tokio::time::timeout(DRAIN_MAX, graceful.shutdown()).await;
}

/// Those of the directory, made at the first start.
fn credentials(path: &Path) -> io::Result<Credentials> {
    if let Ok(text) = std::fs::read_to_string(path) {
        let mut lines = text.lines();
        if let (Some(access_key_id), Some(secret_access_key)) = (lines.next(), lines.next()) {
            return Ok(Credentials {
                access_key_id: access_key_id.to_owned(),
                secret_access_key: secret_access_key.to_owned(),
            });
        }
    }
    let credentials = Credentials {
        access_key_id: Alphanumeric.sample_string(&mut rand::rng(), 20),
        secret_access_key: Alphanumeric.sample_string(&mut rand::rng(), 40),
    };
    let text = format!("{}\n{}\n", credentials.access_key_id, credentials.secret_access_key);
    files::write_whole(path, text.as_bytes(), 0o600)?;
    Ok(credentials)
}
