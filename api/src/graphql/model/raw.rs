//! Raw messages: what a reading was made of.

use async_graphql::SimpleObject;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::graphql::batch::Raw;
use crate::graphql::scalar::DateTime;

/// The quality of service where it is not known.
const QOS_UNKNOWN: i32 = -1;

/// A message exactly as it was received, fetched from the object store by its position. Where that is not possible,
/// `notAvailable` says why, `payload` and `payloadBase64` are null, `topic` is empty and `qos` is -1; everything else is
/// known from the database.
#[derive(Debug, SimpleObject)]
pub(crate) struct RawMessage {
    /// The source that received it.
    source: String,
    /// Its MQTT topic; what is not UTF-8 in it is replaced by U+FFFD. Empty where `notAvailable` says why.
    topic: String,
    /// When it was received.
    received_at: DateTime,
    /// The quality of service that it was delivered with: 0 at most once, 1 at least once, 2 exactly once. -1 where
    /// `notAvailable` says why.
    qos: i32,
    /// Its payload as text; null where it is not UTF-8, and where `notAvailable` says why.
    payload: Option<String>,
    /// Its payload in base64 (RFC 4648, section 4), where it is not UTF-8; else null.
    payload_base64: Option<String>,
    /// The key of the object that holds it; null until its segment is uploaded.
    object_key: Option<String>,
    /// Its position: the identity of the journal that received it, a slash, and its number in there.
    position: String,
    /// Why the message is not here: not uploaded yet, no object store, one that does not answer, or not for you. Null when
    /// it is here.
    not_available: Option<String>,
}

impl RawMessage {
    /// A message of `source` that was received at `received_at`.
    pub(crate) fn new(source: String, received_at: DateTime, raw: &Raw) -> Self {
        let mut shown = Self {
            source,
            topic: String::new(),
            received_at,
            qos: QOS_UNKNOWN,
            payload: None,
            payload_base64: None,
            object_key: raw.object_key.clone(),
            position: raw.position.clone(),
            not_available: None,
        };
        match &raw.message {
            Ok(line) => {
                shown.source.clone_from(&line.source);
                shown.topic = String::from_utf8_lossy(&line.topic).into_owned();
                shown.received_at = DateTime(line.received_at);
                shown.qos = line.qos.number().into();
                match std::str::from_utf8(&line.payload) {
                    Ok(text) => shown.payload = Some(text.to_owned()),
                    Err(_) => shown.payload_base64 = Some(BASE64.encode(&line.payload)),
                }
            }
            Err(reason) => shown.not_available = Some((*reason).to_owned()),
        }
        shown
    }
}
