//! The rule that has a bucket move raw messages to a cheaper storage class after some time. They stay for ever, under the same
//! keys, and can be read at once: a replay and the raw message behind a reading need that.

use std::fmt;

/// The rule's name in the bucket; a later one of the same name takes its place.
pub const RULE_ID: &str = "fieldbook-raw";

/// Uploads that were begun and not finished are given up after so many days.
pub const ABANDONED_DAYS: u16 = 7;

/// A storage class whose objects can be read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// S3 Glacier Instant Retrieval.
    GlacierInstantRetrieval,
    /// S3 Standard-Infrequent Access.
    StandardInfrequentAccess,
    /// S3 Intelligent-Tiering.
    IntelligentTiering,
}

impl Class {
    /// As S3 calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::GlacierInstantRetrieval => "GLACIER_IR",
            Self::StandardInfrequentAccess => "STANDARD_IA",
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What moves where, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Objects whose keys begin so.
    pub prefix: String,
    /// Days after they were stored.
    pub after_days: u16,
    /// Where.
    pub class: Class,
}

impl Rule {
    /// A whole configuration for `aws s3api put-bucket-lifecycle-configuration --lifecycle-configuration file://…`.
    pub fn to_json(&self) -> String {
        let configuration = serde_json::json!({
            "Rules": [{
                "ID": RULE_ID,
                "Status": "Enabled",
                "Filter": { "Prefix": self.prefix },
                "Transitions": [{ "Days": self.after_days, "StorageClass": self.class.name() }],
                "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": ABANDONED_DAYS },
            }],
        });
        format!("{configuration:#}")
    }
}
