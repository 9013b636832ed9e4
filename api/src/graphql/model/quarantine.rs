//! Messages that were set aside.

mod replay;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use entity::quarantine::{QuarantineFilter, QuarantinedMessage as Row, ReasonCount, count};
use entity::query::page::Page;
use entity::query::raw::MessageKey;

use super::{Count, PageInfo, RawMessage};
use crate::ask::cursor;
use crate::graphql::batch::{PayloadKey, Raw};
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

pub(crate) use self::replay::{QuarantineReplay, QuarantineReplayConnection};

/// The dataset whose items these are.
pub(crate) const SLUG: &str = "quarantined-messages";

/// A message, or one reading of it, that could not be used.
#[derive(Debug, Clone)]
pub(crate) struct QuarantinedMessage(pub(crate) Row);

/// A message, or one reading of it, that could not be used, and why. Nothing is dropped: it stays here until a replay can use
/// it.
#[Object]
impl QuarantinedMessage {
    /// Its id: the position, a slash, and which reading of the message it is about.
    async fn id(&self) -> ID {
        let Row { place, journal, .. } = &self.0;
        format!("{journal}/{}/{}", place.seq, place.item).into()
    }

    /// When it was received.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.received_at)
    }

    /// The source that received it.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// Its MQTT topic; what is not UTF-8 in it is replaced by U+FFFD.
    async fn topic(&self) -> &str {
        &self.0.topic
    }

    /// The name of its sensor, as the message says it; null where none could be read. There may be no such sensor.
    async fn sensor(&self) -> Option<&str> {
        self.0.sensor.as_deref()
    }

    /// The kind of trouble, a word for programs, such as `not_json`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What is wrong, in a sentence.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// How many bytes its payload has.
    async fn payload_size(&self) -> f64 {
        number(self.0.payload_size)
    }

    /// Whether only the beginning of its payload is kept here; `raw` has all of it.
    async fn payload_cut(&self) -> bool {
        self.0.is_cut()
    }

    /// Its payload as text, or the beginning of it; null where it is not UTF-8.
    async fn payload(&self, ctx: &Context<'_>) -> Nullable<String> {
        let kept = self.kept(ctx).await;
        kept.map(|kept| text(&kept, self.0.is_cut())).transpose()
    }

    /// Its payload in base64 (RFC 4648, section 4), or the beginning of it, where it is not UTF-8; else null.
    async fn payload_base64(&self, ctx: &Context<'_>) -> Nullable<String> {
        let kept = self.kept(ctx).await;
        let encoded = |kept: Vec<u8>| match text(&kept, self.0.is_cut()) {
            Some(_) => None,
            None => Some(BASE64.encode(kept)),
        };
        kept.map(encoded).transpose()
    }

    /// Its position: the identity of the journal that received it, a slash, and its number in there.
    async fn position(&self) -> String {
        format!("{}/{}", self.0.journal, self.0.place.seq)
    }

    /// Which reading of a message with several it is about, from 1; 0 for a whole message, and for one that says one reading.
    async fn item(&self) -> i32 {
        self.0.place.item.into()
    }

    /// The raw message as it was received, from the object store. Up to 1,000 of them in one answer, and 32 MiB of payloads.
    async fn raw(&self, ctx: &Context<'_>) -> Nullable<RawMessage> {
        let key = MessageKey {
            journal_id: self.0.place.journal_id,
            seq: self.0.place.seq,
        };
        let found: Result<_, ApiError> = ctx.loaders().load_one(key).await;
        let shown =
            |raw: Arc<Raw>| RawMessage::new(self.0.source.clone(), DateTime(self.0.received_at), &raw);
        found.map(|raw| raw.map(shown)).transpose()
    }

    /// Whether a replay waits for it, or was in vain.
    async fn state(&self) -> QuarantineState {
        match (self.0.is_waiting, self.0.tried_at) {
            (true, _) => QuarantineState::Waiting,
            (false, Some(_)) => QuarantineState::Failed,
            (false, None) => QuarantineState::Kept,
        }
    }

    /// When it was replayed last, in vain: `reason` is what was wrong then. Null when it never was.
    async fn tried_at(&self) -> Option<DateTime> {
        self.0.tried_at.map(DateTime)
    }
}

impl QuarantinedMessage {
    /// What is kept of the payload; a message that is gone meanwhile had none.
    async fn kept(&self, ctx: &Context<'_>) -> Result<Vec<u8>, ApiError> {
        let key = PayloadKey {
            place: self.0.place,
            bytes: self.0.payload_kept,
        };
        Ok(ctx.loaders().load_one(key).await?.unwrap_or_default())
    }
}

/// Bytes as text. Where they are the beginning of more, the last character may lack its end, and is left out.
fn text(bytes: &[u8], is_cut: bool) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(error) if is_cut && error.error_len().is_none() => {
            let whole = &bytes[..error.valid_up_to()];
            std::str::from_utf8(whole).ok().map(str::to_owned)
        }
        Err(_) => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

/// What became of a message since it was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum QuarantineState {
    /// Nobody has requested to replay it.
    Kept,
    /// A replay is requested that has not come to it.
    Waiting,
    /// It was replayed, and still can't be used.
    Failed,
}

/// A page of messages that were set aside.
#[derive(Debug)]
pub(crate) struct QuarantinedMessageConnection {
    page: Page<Row>,
    filter: QuarantineFilter,
}

impl QuarantinedMessageConnection {
    pub(crate) fn new(page: Page<Row>, filter: QuarantineFilter) -> Self {
        Self { page, filter }
    }
}

/// A page of messages that were set aside.
#[Object]
impl QuarantinedMessageConnection {
    /// The messages with their cursors.
    async fn edges(&self) -> Option<Vec<Option<QuarantinedMessageEdge>>> {
        let edge = |row: &Row| QuarantinedMessageEdge {
            cursor: cursor::of_quarantined(row.key()),
            node: Some(QuarantinedMessage(row.clone())),
        };
        Some(self.page.rows.iter().map(|row| Some(edge(row))).collect())
    }

    /// The messages.
    async fn nodes(&self) -> Vec<QuarantinedMessage> {
        self.page.rows.iter().cloned().map(QuarantinedMessage).collect()
    }

    /// Where this page lies.
    async fn page_info(&self) -> PageInfo {
        let at = |row: Option<&Row>| row.map(|row| cursor::of_quarantined(row.key()));
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: at(self.page.rows.first()),
            end_cursor: at(self.page.rows.last()),
        }
    }

    /// How many messages all pages together have; counted only when it is selected.
    async fn total_count(&self, ctx: &Context<'_>) -> Nullable<Count> {
        let counted: Result<Count, ApiError> = async {
            let scope = ctx.asked().access.dataset(SLUG)?;
            let value = count(ctx.db(), scope, &self.filter).await?;
            Ok(Count {
                value: number(value),
                exact: true,
            })
        }
        .await;
        Some(counted)
    }
}

/// A message that was set aside, and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct QuarantinedMessageEdge {
    /// Its place, for `after`.
    cursor: String,
    /// The message.
    node: Option<QuarantinedMessage>,
}

/// A kind of trouble of a source, and how often there is.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct QuarantineReason {
    /// The kind of trouble, a word for programs, such as `not_json`.
    code: String,
    /// The source that received the messages.
    source: String,
    /// How many messages there are; a float, because it may be larger than an Int holds.
    count: f64,
    /// When the newest one was received.
    newest_at: DateTime,
    /// What is wrong with the newest one, in a sentence.
    example: String,
}

impl From<ReasonCount> for QuarantineReason {
    fn from(reason: ReasonCount) -> Self {
        Self {
            code: reason.code,
            source: reason.source,
            count: number(reason.count),
            newest_at: DateTime(reason.newest_at),
            example: reason.example,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_text_is_a_text() {
        let text_of = |bytes: &[u8], cut| text(bytes, cut);
        assert_eq!(text_of("aü".as_bytes(), false).as_deref(), Some("aü"));
        assert_eq!(text_of(&"aü".as_bytes()[..2], true).as_deref(), Some("a"));
        assert_eq!(text_of(&"aü".as_bytes()[..2], false), None);
        assert_eq!(text_of(b"a\xff\xffb", true), None);
        assert_eq!(text_of(b"", false).as_deref(), Some(""));
    }
}
