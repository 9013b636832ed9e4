//! Where the raw messages behind readings lie on S3.

use sea_orm::{DatabaseConnection, DbErr, Value};
use uuid::Uuid;

use crate::Scope;
use crate::sql;

/// A message, by its journal's number and its position in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageKey {
    /// The journal's number.
    pub journal_id: i16,
    /// The position in it.
    pub seq: i64,
}

/// Where a message lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePlace {
    /// The message.
    pub key: MessageKey,
    /// The journal's lasting identity.
    pub journal: Uuid,
    /// The object that holds it.
    pub object: MessageObject,
}

/// The object that holds a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageObject {
    /// The object with this key.
    At(String),
    /// None yet: its segment has not been uploaded.
    NotYet,
    /// Not for this asker: a message may hold readings of other sensors beside those that are in scope.
    Withheld,
}

/// Where these messages lie, in no order; of a journal that is not known there is none. `scope` is that of raw messages;
/// where the keys came from is known to the asker already.
pub async fn places(
    db: &DatabaseConnection,
    scope: &Scope,
    messages: &[MessageKey],
) -> Result<Vec<MessagePlace>, DbErr> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    // Whole messages are for those who may see everything; what is in one is not known before it is read.
    let whole = *scope == Scope::Everything;
    let journals: Vec<i16> = messages.iter().map(|key| key.journal_id).collect();
    let seqs: Vec<i64> = messages.iter().map(|key| key.seq).collect();
    let values: [Value; 2] = [journals.into(), seqs.into()];
    sql::query(db, include_str!("raw/select_places.sql"), values, |row| {
        let object: Option<String> = row.get(3)?;
        Ok(MessagePlace {
            key: MessageKey {
                journal_id: row.get(0)?,
                seq: row.get(1)?,
            },
            journal: row.get(2)?,
            object: match object {
                _ if !whole => MessageObject::Withheld,
                Some(key) => MessageObject::At(key),
                None => MessageObject::NotYet,
            },
        })
    })
    .await
}
