//! s3s-fs, made durable and atomic.
//!
//! An upload goes to a staging bucket first. Once s3s-fs has checked it, its files are synced, renamed to where they
//! belong, the object last, and the folders synced; then it is answered. So after a crash at any moment an object is
//! there with its metadata or not at all, and a bad upload never replaces a good object. Only a crash in the middle of
//! replacing an object by another may leave the old bytes with the new metadata; Fieldbook never replaces objects.
//!
//! Conditional uploads (`If-None-Match: *`) are decided and carried out in one turn: of two at once, one wins.
//!
//! Offered are buckets, single uploads, reading, listing and deleting. Uploads in parts and copies are refused as not
//! implemented: s3s-fs would write them without syncing.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use s3s::dto;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use tokio::sync::Mutex;

use crate::files;
use crate::object_store::{ObjectStoreError, file_error};

/// Not a valid bucket name, so no client can name it, and s3s-fs does not list it.
const STAGING: &str = ".staging";

/// Names that [`FileSystem`] gives to what it keeps of an object beside its bytes.
const SIDE_FILES: [&str; 2] = ["metadata", "internal"];

#[derive(Debug)]
pub(crate) struct Durable {
    files: FileSystem,
    root: PathBuf,
    staged: AtomicU64,
    /// Held while an object takes its place.
    turn: Mutex<()>,
}

impl Durable {
    /// Opens the folder `root`, and clears what a crash has left staged.
    pub(crate) fn open(root: &Path) -> Result<Self, ObjectStoreError> {
        let root = root.canonicalize().map_err(file_error(root))?;
        clear_staging(&root).map_err(file_error(&root))?;
        let open_error = |error: s3s_fs::Error| ObjectStoreError::Open {
            path: root.clone(),
            message: format!("{error:?}"),
        };
        let files = FileSystem::new(&root).map_err(open_error)?;
        Ok(Self {
            files,
            root,
            staged: AtomicU64::new(0),
            turn: Mutex::new(()),
        })
    }

    fn object_path(&self, bucket: &str, key: &str) -> S3Result<PathBuf> {
        let names_a_file = !key.ends_with('/')
            && Path::new(key)
                .components()
                .all(|part| matches!(part, Component::Normal(_)))
            && !key.split('/').any(|part| part.is_empty() || part == ".");
        if !names_a_file {
            return Err(s3_error!(
                InvalidArgument,
                "This store takes keys that are paths of files"
            ));
        }
        let folder = self.root.join(bucket);
        if !folder.is_dir() {
            return Err(s3_error!(NoSuchBucket));
        }
        Ok(folder.join(key))
    }

    fn side_file(&self, which: &str, bucket: &str, key: &str) -> PathBuf {
        let [bucket, key] = [bucket, key].map(|name| BASE64_URL_SAFE_NO_PAD.encode(name));
        self.root
            .join(format!(".bucket-{bucket}.object-{key}.{which}.json"))
    }

    /// Where the parts of an object are staged and where they belong, the bytes last.
    fn moves(&self, staged_key: &str, bucket: &str, key: &str, object: &Path) -> Vec<(PathBuf, PathBuf)> {
        let side = |which| {
            (
                self.side_file(which, STAGING, staged_key),
                self.side_file(which, bucket, key),
            )
        };
        let mut moves: Vec<_> = SIDE_FILES.into_iter().map(side).collect();
        moves.push((self.root.join(STAGING).join(staged_key), object.to_owned()));
        moves
    }
}

#[async_trait]
impl S3 for Durable {
    async fn put_object(
        &self,
        mut request: S3Request<dto::PutObjectInput>,
    ) -> S3Result<S3Response<dto::PutObjectOutput>> {
        let input = &mut request.input;
        let object = self.object_path(&input.bucket, &input.key)?;
        if input.if_match.is_some() {
            return Err(s3_error!(NotImplemented, "This store takes If-None-Match only"));
        }
        let only_new = match input.if_none_match.take() {
            None => false,
            Some(condition) if condition.is_any() => true,
            Some(_) => {
                return Err(s3_error!(
                    NotImplemented,
                    "This store takes If-None-Match: * only"
                ));
            }
        };
        refuse_existing(only_new, &object)?;

        let staged_key = self.staged.fetch_add(1, Ordering::Relaxed).to_string();
        let bucket = std::mem::replace(&mut input.bucket, STAGING.to_owned());
        let key = std::mem::replace(&mut input.key, staged_key.clone());
        let moves = self.moves(&staged_key, &bucket, &key, &object);
        let staged = Staged {
            paths: moves.iter().map(|(from, _)| from.clone()).collect(),
        };
        let answer = self.files.put_object(request).await?;
        let staged = blocking(move || staged.sync().map(|()| staged)).await?;
        let _turn = self.turn.lock().await;
        refuse_existing(only_new, &object)?;
        let root = self.root.clone();
        blocking(move || take_place(&root, &moves)).await?;
        drop(staged);
        Ok(answer)
    }

    async fn get_object(
        &self,
        request: S3Request<dto::GetObjectInput>,
    ) -> S3Result<S3Response<dto::GetObjectOutput>> {
        self.files.get_object(request).await
    }

    async fn head_object(
        &self,
        request: S3Request<dto::HeadObjectInput>,
    ) -> S3Result<S3Response<dto::HeadObjectOutput>> {
        self.files.head_object(request).await
    }

    async fn delete_object(
        &self,
        request: S3Request<dto::DeleteObjectInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
        let _turn = self.turn.lock().await;
        self.files.delete_object(request).await
    }

    async fn delete_objects(
        &self,
        request: S3Request<dto::DeleteObjectsInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectsOutput>> {
        let _turn = self.turn.lock().await;
        self.files.delete_objects(request).await
    }

    async fn list_objects(
        &self,
        request: S3Request<dto::ListObjectsInput>,
    ) -> S3Result<S3Response<dto::ListObjectsOutput>> {
        self.files.list_objects(request).await
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<dto::ListObjectsV2Input>,
    ) -> S3Result<S3Response<dto::ListObjectsV2Output>> {
        self.files.list_objects_v2(request).await
    }

    async fn create_bucket(
        &self,
        request: S3Request<dto::CreateBucketInput>,
    ) -> S3Result<S3Response<dto::CreateBucketOutput>> {
        let answer = self.files.create_bucket(request).await?;
        let root = self.root.clone();
        blocking(move || File::open(root)?.sync_all()).await?;
        Ok(answer)
    }

    async fn head_bucket(
        &self,
        request: S3Request<dto::HeadBucketInput>,
    ) -> S3Result<S3Response<dto::HeadBucketOutput>> {
        self.files.head_bucket(request).await
    }

    async fn list_buckets(
        &self,
        request: S3Request<dto::ListBucketsInput>,
    ) -> S3Result<S3Response<dto::ListBucketsOutput>> {
        self.files.list_buckets(request).await
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<dto::GetBucketLocationInput>,
    ) -> S3Result<S3Response<dto::GetBucketLocationOutput>> {
        self.files.get_bucket_location(request).await
    }
}

/// Files that go, unless they have been moved to their places: an upload may fail or be given up at any moment.
#[derive(Debug)]
struct Staged {
    paths: Vec<PathBuf>,
}

impl Staged {
    fn sync(&self) -> io::Result<()> {
        self.paths
            .iter()
            .try_for_each(|path| File::open(path)?.sync_all())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for path in &self.paths {
            // What is left here is cleared at the next start.
            let _ = fs::remove_file(path);
        }
    }
}

fn refuse_existing(only_new: bool, object: &Path) -> S3Result<()> {
    if only_new && object.exists() {
        return Err(s3_error!(PreconditionFailed, "The object exists"));
    }
    Ok(())
}

/// Moves an object's files to their places, the bytes last, and makes the names on the way there durable.
fn take_place(root: &Path, moves: &[(PathBuf, PathBuf)]) -> io::Result<()> {
    for (from, to) in moves {
        let folder = to.parent().expect("every object lies in a bucket's folder");
        files::create_private_dir(folder)?;
        fs::rename(from, to)?;
    }
    let (_, object) = moves.last().expect("an object has bytes");
    let folders = object
        .ancestors()
        .skip(1)
        .take_while(|folder| folder.starts_with(root));
    for folder in folders {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn clear_staging(root: &Path) -> io::Result<()> {
    let staging = root.join(STAGING);
    match fs::remove_dir_all(&staging) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => files::create_private_dir(&staging)?,
    }
    let side_files = format!(".bucket-{}.object-", BASE64_URL_SAFE_NO_PAD.encode(STAGING));
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(side_files.as_bytes())
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Runs file work on a blocking thread, because syncing takes as long as the disk likes.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> S3Result<T> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome
        .map_err(io::Error::from)
        .flatten()
        .map_err(|error| s3_error!(error, InternalError))
}
