//! A private S3 in this process: s3s-fs on a loopback port, with files below one directory.
//!
//! ```text
//! DIR/            0700
//! ├─ credentials  0600: the access key's id and its secret, random, made at the first start
//! ├─ lock         held while a process serves this directory
//! └─ objects/     a folder a bucket, the objects in it by their keys; s3s-fs' own files beside the buckets
//! ```
//!
//! s3s-fs itself is for tests: it syncs nothing, and shows an object before it has checked its checksums and written
//! its metadata. The module `durable` puts what is missing around it, because the journal is deleted on the strength of
//! an upload: an upload that was answered is on disk whole with its metadata, one that was not is absent.

mod durable;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use uuid::Uuid;

use crate::files;
use crate::object_store::durable::Durable;

/// The only region that the store has; requests are signed with it.
pub const REGION: &str = "us-east-1";

/// What a private object store is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its own directory.
    pub directory: PathBuf,
    /// Where it listens if that is free, otherwise on a free port of the same address.
    pub preferred: SocketAddr,
    /// The bucket that is there from the start.
    pub bucket: String,
    /// How long requests under way may take when it stops.
    pub stop_within: Duration,
}

impl Options {
    /// A store in `directory` with a bucket, on a free loopback port.
    pub fn new(directory: impl Into<PathBuf>, bucket: impl Into<String>) -> Self {
        Self {
            directory: directory.into(),
            preferred: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            bucket: bucket.into(),
            stop_within: Duration::from_secs(10),
        }
    }
}

/// Why there is no private object store.
#[derive(Debug, thiserror::Error)]
pub enum ObjectStoreError {
    /// A file or folder of its directory.
    #[error("prepare {path} of the object store")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Another process serves the directory.
    #[error("use the object store in {path}: another process serves it; stop that one first")]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The credentials are not what an earlier start wrote.
    #[error(
        "read the object store's credentials in {path}: expected two lines; remove the file to have new ones"
    )]
    Credentials {
        /// The file.
        path: PathBuf,
    },
    /// S3 would not take the name.
    #[error("make the bucket {bucket}: a name has 3 to 63 lower-case letters, digits, dots and hyphens")]
    Bucket {
        /// The name.
        bucket: String,
    },
    /// Neither the preferred port nor any other.
    #[error("listen on {address} for the object store")]
    Listen {
        /// Where it would listen.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Files could not be opened by s3s-fs.
    #[error("open the object store's folder {path}: {message}")]
    Open {
        /// The folder.
        path: PathBuf,
        /// What s3s-fs says.
        message: String,
    },
}

/// A running private object store. Dropping it ends it without waiting for requests under way.
pub struct ObjectStore {
    address: SocketAddr,
    access_key_id: String,
    secret_access_key: String,
    bucket: String,
    directory: PathBuf,
    stopping: watch::Sender<bool>,
    task: JoinHandle<()>,
    lock: File,
}

impl fmt::Debug for ObjectStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the credentials.
        let mut shown = formatter.debug_struct("ObjectStore");
        shown
            .field("address", &self.address)
            .field("bucket", &self.bucket)
            .field("directory", &self.directory);
        shown.finish_non_exhaustive()
    }
}

impl ObjectStore {
    /// Serves the objects of `options.directory`, from tasks on the current runtime.
    pub async fn start(options: &Options) -> Result<Self, ObjectStoreError> {
        if !s3s::path::check_bucket_name(&options.bucket) {
            return Err(ObjectStoreError::Bucket {
                bucket: options.bucket.clone(),
            });
        }
        let directory = &options.directory;
        files::create_private_dir(directory).map_err(file_error(directory))?;
        let lock = lock(directory)?;
        let (access_key_id, secret_access_key) = credentials(&directory.join("credentials"))?;
        let root = directory.join("objects");
        let bucket_folder = root.join(&options.bucket);
        files::create_private_dir(&bucket_folder).map_err(file_error(&bucket_folder))?;
        for folder in [&bucket_folder, &root, directory] {
            files::sync_parent(folder).map_err(file_error(folder))?;
        }
        let store = Durable::open(&root)?;

        let mut builder = S3ServiceBuilder::new(store);
        builder.set_auth(SimpleAuth::from_single(
            access_key_id.clone(),
            secret_access_key.clone(),
        ));
        let listener = listen(options.preferred).await?;
        let address = listener.local_addr().map_err(|source| ObjectStoreError::Listen {
            address: options.preferred,
            source,
        })?;
        let (stopping, stop) = watch::channel(false);
        let task = tokio::spawn(serve(listener, builder.build(), stop, options.stop_within));
        Ok(Self {
            address,
            access_key_id,
            secret_access_key,
            bucket: options.bucket.clone(),
            directory: directory.clone(),
            stopping,
            task,
            lock,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://…` for S3 clients, which must address buckets by path.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The access key's id.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The access key's secret.
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// The bucket that is there.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Lets requests under way finish, for as long as the options say, and ends.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        // A panic there has been reported by the runtime; there is nothing left to stop.
        let _ = (&mut self.task).await;
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        self.task.abort();
        // To close it is not enough: a child process has a copy of it until it runs its own program.
        let _ = self.lock.unlock();
    }
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> ObjectStoreError {
    let path = path.to_owned();
    move |source| ObjectStoreError::File { path, source }
}

/// Two servers would not know of each other's turns to write.
fn lock(directory: &Path) -> Result<File, ObjectStoreError> {
    let path = directory.join("lock");
    let file = File::create(&path).map_err(file_error(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(ObjectStoreError::Locked {
            path: directory.to_owned(),
        }),
        Err(fs::TryLockError::Error(source)) => Err(ObjectStoreError::File { path, source }),
    }
}

fn credentials(path: &Path) -> Result<(String, String), ObjectStoreError> {
    match fs::read_to_string(path) {
        Ok(text) => match text.lines().collect::<Vec<_>>()[..] {
            [id, secret] if !id.is_empty() && !secret.is_empty() => Ok((id.to_owned(), secret.to_owned())),
            _ => Err(ObjectStoreError::Credentials {
                path: path.to_owned(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // 122 random bits each, from the system's generator: one makes an id, two make a secret.
            let random = || Uuid::new_v4().simple().to_string();
            let (id, secret) = (
                format!("FB{}", &random()[..18].to_uppercase()),
                random() + &random(),
            );
            files::write_whole(path, format!("{id}\n{secret}\n").as_bytes(), 0o600)
                .map_err(file_error(path))?;
            Ok((id, secret))
        }
        Err(error) => Err(file_error(path)(error)),
    }
}

async fn listen(preferred: SocketAddr) -> Result<TcpListener, ObjectStoreError> {
    match TcpListener::bind(preferred).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let address = SocketAddr::new(preferred.ip(), 0);
            TcpListener::bind(address)
                .await
                .map_err(|source| ObjectStoreError::Listen { address, source })
        }
        Err(source) => Err(ObjectStoreError::Listen {
            address: preferred,
            source,
        }),
    }
}

/// Takes connections until told to stop, then waits for those under way.
async fn serve(
    listener: TcpListener,
    service: S3Service,
    mut stop: watch::Receiver<bool>,
    stop_within: Duration,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, service.clone(), stop.clone()));
                }
                Err(error) => {
                    // Such as too many open files: it passes when connections end.
                    tracing::warn!(%error, "the object store could not take a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = told_to_stop(&mut stop) => break,
        }
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    // Whoever has not finished by then meets a closed connection, as after a crash, and asks again.
    let _ = tokio::time::timeout(stop_within, all_ended).await;
}

/// Completes when the store stops, or is dropped.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopping| *stopping).await;
}

async fn serve_connection(stream: TcpStream, service: S3Service, mut stop: watch::Receiver<bool>) {
    // Answers are small: waiting to fill packets would only delay them. Failing that, it is merely slower.
    let _ = stream.set_nodelay(true);
    let builder = Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let outcome: Result<(), Box<dyn std::error::Error + Send + Sync>> = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = told_to_stop(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection to the object store broke");
    }
}
