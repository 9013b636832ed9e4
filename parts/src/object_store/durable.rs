//! s3s-fs, but a PUT that was answered is on disk.
//!
//! s3s-fs writes an object, renames it into place and then writes its metadata beside it, without a sync. One `syncfs`
//! after all of that covers the file, the metadata and every directory above; an object a minute makes it cheap enough.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use s3s::dto::{
    CreateBucketInput, CreateBucketOutput,
    DeleteObjectInput, DeleteObjectOutput, GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput,
    GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput,
    ListBucketsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, PutObjectInput,
    PutObjectOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result};
use s3s_fs::FileSystem;

/// The operations of an archive and of those who look at it; others are answered with `NotImplemented`.
#[derive(Debug)]
pub(super) struct Durable {
    files: FileSystem,
    root: Arc<File>,
}

impl Durable {
    /// Serves the directory `root`.
    pub(super) fn new(root: &Path) -> Result<Self, String> {
        let files = FileSystem::new(root).map_err(|error| format!("{error:?}"))?;
        let root = Arc::new(File::open(root).map_err(|error| error.to_string())?);
        Ok(Self { files, root })
    }

    async fn sync(&self) -> S3Result<()> {
        let root = Arc::clone(&self.root);
        let synced = tokio::task::spawn_blocking(move || rustix::fs::syncfs(&*root).map_err(io::Error::from)).await;
        synced.unwrap_or_else(|join| Err(io::Error::other(join))).map_err(S3Error::internal_error)
    }
}

/// Passes operations on as they are.
macro_rules! pass_on {
    ($($operation:ident: $input:ty => $output:ty;)*) => {
        #[async_trait]
        impl S3 for Durable {
            $(async fn $operation(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                self.files.$operation(request).await
            })*

            async fn put_object(
                &self,
                request: S3Request<PutObjectInput>,
            ) -> S3Result<S3Response<PutObjectOutput>> {
                let answer = self.files.put_object(request).await?;
                self.sync().await?;
                Ok(answer)
            }
        }
    };
}

pass_on! {
    create_bucket: CreateBucketInput => CreateBucketOutput;
    head_bucket: HeadBucketInput => HeadBucketOutput;
    get_bucket_location: GetBucketLocationInput => GetBucketLocationOutput;
    list_buckets: ListBucketsInput => ListBucketsOutput;
    get_object: GetObjectInput => GetObjectOutput;
    head_object: HeadObjectInput => HeadObjectOutput;
    delete_object: DeleteObjectInput => DeleteObjectOutput;
    list_objects: ListObjectsInput => ListObjectsOutput;
    list_objects_v2: ListObjectsV2Input => ListObjectsV2Output;
}
