//! Why a connection ends: the protocol's codes from 4400 on, and below them three of WebSocket's own.

use axum::extract::ws::{CloseFrame, Message};

use crate::graphql::error::{ApiError, ErrorCode};

/// Why we close a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Close {
    /// The service stops.
    Stopping,
    /// A message is larger than the body of a request may be.
    TooLarge { limit: usize },
    /// Who asks can't be looked up, or asks too often, for now.
    TryLater(ErrorCode),
    /// A message is not one of the protocol.
    BadMessage(String),
    /// An operation before the connection was acknowledged.
    Unauthorized,
    /// Who asks may see nothing, or is not who they say.
    Forbidden,
    /// The peer does not speak the protocol.
    Subprotocol,
    /// The peer did not say who it is.
    InitTimeout,
    /// An operation with the id of one that runs.
    Duplicate(String),
    /// A second `connection_init`.
    InitTwice,
}

/// A close frame has 125 bytes, of which the code takes two.
const REASON_BYTES_MAX: usize = 123;

impl Close {
    /// What becomes of an asker who gets this error: what passes by itself is told from what does not.
    pub(super) fn of_asker(error: &ApiError) -> Self {
        match error.code() {
            code @ (ErrorCode::Unavailable
            | ErrorCode::Timeout
            | ErrorCode::RateLimited
            | ErrorCode::Internal) => Self::TryLater(code),
            _ => Self::Forbidden,
        }
    }

    pub(super) fn code(&self) -> u16 {
        match self {
            Self::Stopping => 1001,
            Self::TooLarge { .. } => 1009,
            Self::TryLater(_) => 1013,
            Self::BadMessage(_) => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::Subprotocol => 4406,
            Self::InitTimeout => 4408,
            Self::Duplicate(_) => 4409,
            Self::InitTwice => 4429,
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Stopping => "The service stops: connect again".to_owned(),
            Self::TooLarge { limit } => format!("A message has {limit} bytes at most"),
            Self::TryLater(code) => format!("Try again later: {}", code.as_str()),
            Self::BadMessage(why) => format!("Invalid message: {why}"),
            Self::Unauthorized => "Unauthorized".to_owned(),
            Self::Forbidden => "Forbidden".to_owned(),
            Self::Subprotocol => "Subprotocol not acceptable: use graphql-transport-ws".to_owned(),
            Self::InitTimeout => "Connection initialisation timeout".to_owned(),
            Self::Duplicate(id) => format!("Subscriber for {id} already exists"),
            Self::InitTwice => "Too many initialisation requests".to_owned(),
        }
    }

    pub(super) fn message(&self) -> Message {
        let mut reason = self.reason();
        reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
        Message::Close(Some(CloseFrame {
            code: self.code(),
            reason: reason.into(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_into_its_frame() {
        let Message::Close(Some(frame)) = Close::Duplicate("ü".repeat(200)).message() else {
            panic!("a close frame");
        };
        assert_eq!(frame.code, 4409);
        assert!(frame.reason.len() <= REASON_BYTES_MAX && frame.reason.starts_with("Subscriber for ü"));
    }
}
