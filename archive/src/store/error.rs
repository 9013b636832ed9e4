//! What can go wrong with S3, sorted by what to do about it.

use std::error::Error;
use std::fmt;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::facts::MetadataError;
use crate::index::CorruptObject;

/// What the server was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Is the bucket there?
    HeadBucket,
    /// Make the bucket.
    CreateBucket,
    /// What is known of an object?
    HeadObject,
    /// Store an object.
    PutObject,
    /// Give a range of an object.
    GetObject,
    /// Which objects are there?
    ListObjects,
    /// Which lifecycle rules has the bucket?
    GetLifecycle,
    /// Give the bucket lifecycle rules.
    PutLifecycle,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeadBucket => "find bucket",
            Self::CreateBucket => "create bucket",
            Self::HeadObject => "look at object",
            Self::PutObject => "store object",
            Self::GetObject => "read object",
            Self::ListObjects => "list objects under",
            Self::GetLifecycle => "read the lifecycle rules of bucket",
            Self::PutLifecycle => "set the lifecycle rules of bucket",
        })
    }
}

/// What the caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The same again, after a while: the cause may pass.
    Retry,
    /// Nothing until a person has looked: the same again would end the same, or do harm.
    Halt,
}

/// A failure of the archive's store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer, or none in time.
    #[error(
        "{operation} {target}: the object store did not answer; check AWS_ENDPOINT_URL_S3, the server and the network"
    )]
    Unreachable {
        /// What was asked.
        operation: Operation,
        /// Of which object or bucket.
        target: String,
        /// The connection's error.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server is in trouble, busy, or in the middle of another write.
    #[error("{operation} {target}: the object store can't now ({answer})")]
    Unavailable {
        /// What was asked.
        operation: Operation,
        /// Of which object or bucket.
        target: String,
        /// What the server said.
        answer: Answer,
    },
    /// The credentials are wrong, or may not do this.
    #[error(
        "{operation} {target}: access denied ({answer}); check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they \
         allow s3:ListBucket, s3:GetObject and s3:PutObject"
    )]
    AccessDenied {
        /// What was asked.
        operation: Operation,
        /// Of which object or bucket.
        target: String,
        /// What the server said.
        answer: Answer,
    },
    /// The bucket isn't there.
    #[error(
        "{operation} {target}: the bucket {bucket} does not exist; create it, or correct FIELDBOOK_BUCKET"
    )]
    NoSuchBucket {
        /// What was asked.
        operation: Operation,
        /// Of which object or bucket.
        target: String,
        /// The bucket.
        bucket: String,
    },
    /// The object isn't there.
    #[error("{operation} {key}: it does not exist")]
    NotFound {
        /// What was asked.
        operation: Operation,
        /// The object.
        key: String,
    },
    /// The server says no, for a reason that asking again won't change.
    #[error("{operation} {target}: the object store refused ({answer}); check its URL, region and bucket")]
    Refused {
        /// What was asked.
        operation: Operation,
        /// Of which object or bucket.
        target: String,
        /// What the server said.
        answer: Answer,
    },
    /// Another object lies under the key. It was left as it is.
    #[error(
        "store object {key}: a different one is there and was not touched (ours has {ours}, it has {theirs}); two journals may \
         share an identity after a disk was copied: stop one, give it a new data directory, and compare the two"
    )]
    DifferentObject {
        /// The key.
        key: String,
        /// Hash and count of the one to be stored.
        ours: String,
        /// The same of the one that is there, as far as it says.
        theirs: String,
    },
    /// The server said yes, but what lies there now is not what was sent.
    #[error(
        "verify object {key} after storing it: its size or metadata is not what was sent; the object store must keep user metadata"
    )]
    NotKept {
        /// The key.
        key: String,
    },
    /// An object whose metadata isn't an archive's.
    #[error("know the object {key} by its metadata")]
    Metadata {
        /// The key.
        key: String,
        /// What is wrong.
        #[source]
        source: MetadataError,
    },
    /// An object that contradicts itself or the format.
    #[error("read object {key}: it is damaged, or no object of this archive")]
    Corrupt {
        /// The key.
        key: String,
        /// What is wrong.
        #[source]
        source: CorruptObject,
    },
    /// The object has no such message.
    #[error("find position {seq} in object {key}: it holds {first_seq} to {last_seq}")]
    NoSuchSeq {
        /// The key.
        key: String,
        /// The position asked for.
        seq: u64,
        /// Its first.
        first_seq: u64,
        /// Its last.
        last_seq: u64,
    },
    /// More bytes than this archive keeps in one piece.
    #[error("{operation} {key}: {bytes} bytes are more than the {limit} allowed")]
    TooLarge {
        /// What was asked.
        operation: Operation,
        /// The object.
        key: String,
        /// How many.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
}

/// A server's refusal in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// S3's error code; a HEAD has none.
    pub code: Option<String>,
    /// S3's message; a HEAD has none.
    pub message: Option<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        for words in [&self.code, &self.message].into_iter().flatten() {
            write!(f, ", {words}")?;
        }
        Ok(())
    }
}

impl StoreError {
    /// What the caller does next.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Unreachable { .. } | Self::Unavailable { .. } => Disposition::Retry,
            Self::AccessDenied { .. }
            | Self::NoSuchBucket { .. }
            | Self::NotFound { .. }
            | Self::Refused { .. }
            | Self::DifferentObject { .. }
            | Self::NotKept { .. }
            | Self::Metadata { .. }
            | Self::Corrupt { .. }
            | Self::NoSuchSeq { .. }
            | Self::TooLarge { .. } => Disposition::Halt,
        }
    }

    /// Whether the same again may succeed.
    pub fn retryable(&self) -> bool {
        self.disposition() == Disposition::Retry
    }

    /// The HTTP status of the server's answer, where there was one.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Unavailable { answer, .. }
            | Self::AccessDenied { answer, .. }
            | Self::Refused { answer, .. } => Some(answer.status),
            _ => None,
        }
    }

    /// Sorts the SDK's error. The target is a key, or the bucket for the operations on it.
    pub(super) fn of<E>(operation: Operation, target: &str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let target = target.to_owned();
        let SdkError::ServiceError(refusal) = error else {
            // A request that can't be made at all (a URL with an impossible host) also ends here; trying it again does no harm.
            return Self::Unreachable {
                operation,
                target,
                source: Box::new(error),
            };
        };
        let metadata = refusal.err();
        let answer = Answer {
            status: refusal.raw().status().as_u16(),
            code: metadata.code().map(str::to_owned),
            message: metadata.message().map(str::to_owned),
        };
        let code = answer.code.as_deref().unwrap_or_default();
        match (answer.status, code) {
            (_, "NoSuchBucket") => Self::NoSuchBucket {
                operation,
                bucket: target.clone(),
                target,
            },
            // A HEAD has no words, only the status.
            (404, _) if operation == Operation::HeadBucket => Self::NoSuchBucket {
                operation,
                bucket: target.clone(),
                target,
            },
            (404, _) => Self::NotFound {
                operation,
                key: target,
            },
            // The clock may be set right, a body damaged on its way may arrive whole, and another writer comes to its end.
            (
                _,
                "RequestTimeTooSkewed"
                | "RequestTimeout"
                | "BadDigest"
                | "XAmzContentSHA256Mismatch"
                | "IncompleteBody"
                | "SlowDown"
                | "ConditionalRequestConflict"
                | "OperationAborted",
            )
            | (408 | 409 | 412 | 425 | 429, _) => Self::Unavailable {
                operation,
                target,
                answer,
            },
            (401 | 403, _) => Self::AccessDenied {
                operation,
                target,
                answer,
            },
            // What the server does not implement it won't implement on the next try.
            (501, _) => Self::Refused {
                operation,
                target,
                answer,
            },
            (500.., _) => Self::Unavailable {
                operation,
                target,
                answer,
            },
            _ => Self::Refused {
                operation,
                target,
                answer,
            },
        }
    }
}
