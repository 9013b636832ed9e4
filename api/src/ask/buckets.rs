//! Buckets of time as questions ask for them.

use entity::bucket::{BucketError, BucketSizeError};
use entity::{BucketSize, Bucketing, Zone};

use crate::graphql::error::ApiError;

/// The arguments that ask for buckets, as a surface names them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BucketArguments<'a> {
    pub(crate) bucket: &'a str,
    /// The argument that names a zone, and what it says.
    pub(crate) time_zone: (&'static str, Option<&'a str>),
}

impl BucketArguments<'_> {
    /// How to cut time. Without a zone, buckets of a day and more follow `default`, and smaller ones UTC.
    pub(crate) fn check(self, default: Zone) -> Result<Bucketing, ApiError> {
        let size: BucketSize =
            self.bucket
                .parse()
                .map_err(|error: BucketSizeError| ApiError::InvalidArgument {
                    argument: "bucket".to_owned(),
                    message: error.to_string(),
                    accepted: BucketSizeError::ACCEPTED.to_owned(),
                })?;
        let zone = match self.time_zone {
            (argument, Some(name)) => {
                name.parse()
                    .map_err(|error: entity::bucket::UnknownZone| ApiError::InvalidArgument {
                        argument: argument.to_owned(),
                        message: error.to_string(),
                        accepted: error.accepted(),
                    })?
            }
            (_, None) if size.is_at_least_a_day() => default,
            (_, None) => Zone::UTC,
        };
        Ok(Bucketing { size, zone })
    }
}

/// Why a range was not cut, in the words of a question.
pub(crate) fn refused(error: BucketError) -> ApiError {
    match error {
        BucketError::TooMany { max, asked } => ApiError::LimitExceeded {
            argument: Some("bucket"),
            limit: max as u64,
            asked: Some(asked),
            advice: ADVICE.to_owned(),
        },
        BucketError::Empty => ApiError::InvalidArgument {
            argument: "from".to_owned(),
            message: error.to_string(),
            accepted: "a time before to".to_owned(),
        },
        BucketError::OutOfCalendar => ApiError::InvalidArgument {
            argument: "bucket".to_owned(),
            message: error.to_string(),
            accepted: "a size and a range whose buckets lie within the years 1 to 9999".to_owned(),
        },
    }
}

/// What to do about too many buckets.
pub(crate) const ADVICE: &str = "so many buckets do not fit into one answer: choose a larger bucket, a shorter range or \
     fewer sensors";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_buckets_of_a_day_and_more_follow_the_default_zone() {
        let default: Zone = "Europe/Zurich".parse().unwrap();
        let zone = |bucket, asked| {
            let arguments = BucketArguments {
                bucket,
                time_zone: ("timeZone", asked),
            };
            arguments.check(default).unwrap().zone.name()
        };
        assert_eq!(zone("PT6H", None), "UTC");
        for bucket in ["P1D", "PT24H", "PT36H", "P1W", "P1M"] {
            assert_eq!(zone(bucket, None), "Europe/Zurich", "{bucket}");
        }
        assert_eq!(zone("PT6H", Some("asia/kathmandu")), "Asia/Kathmandu");
        assert_eq!(zone("P1D", Some("UTC")), "UTC");
    }
}
