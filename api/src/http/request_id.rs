//! The id of a request: in its log line, in its answer's header, and in internal errors.

use std::fmt;

use uuid::Uuid;

/// The id of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId(Uuid);

impl RequestId {
    /// A new one; ids that clients send are not trusted.
    pub(crate) fn new() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_simple().fmt(out)
    }
}
