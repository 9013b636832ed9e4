//! Keeping what cannot be used.

use std::collections::HashSet;

use sea_orm::{DatabaseConnection, Value};

use super::{LoadError, LoadTransaction, NewQuarantined};
use crate::rollup::Level;
use crate::sql;

/// The positions of a journal from `first` to `last` that are set aside as a whole.
pub async fn set_aside(
    db: &DatabaseConnection,
    journal_id: i16,
    first: i64,
    last: i64,
) -> Result<HashSet<i64>, LoadError> {
    let select =
        "SELECT seq FROM quarantined_message WHERE journal_id = $1 AND seq BETWEEN $2 AND $3 AND item = 0";
    let values: [Value; 3] = [journal_id.into(), first.into(), last.into()];
    let seqs = sql::query(db, select, values, |row| row.get(0)).await?;
    Ok(seqs.into_iter().collect())
}

impl LoadTransaction {
    /// Keeps messages that cannot be used; one that is there already (a replay) is not written twice.
    pub async fn quarantine(&mut self, messages: &[NewQuarantined]) -> Result<(), LoadError> {
        if messages.is_empty() {
            return Ok(());
        }
        let values = values(self.journal_id, messages);
        sql::execute(&self.transaction, INSERT, values).await?;
        Ok(())
    }
}

pub(super) const INSERT: &str = include_str!("insert_quarantined_messages.sql");

/// The parameters of [`INSERT`].
pub(super) fn values(journal_id: i16, messages: &[NewQuarantined]) -> [Value; 14] {
    [
        journal_id.into(),
        sql::times(messages.iter().map(|message| message.received_at)),
        messages
            .iter()
            .map(|message| message.seq)
            .collect::<Vec<_>>()
            .into(),
        messages
            .iter()
            .map(|message| message.item)
            .collect::<Vec<_>>()
            .into(),
        texts(messages, |message| &message.source),
        texts(messages, |message| &message.topic),
        texts(messages, |message| message.code),
        texts(messages, |message| &message.reason),
        texts(messages, |message| message.sensor.as_deref().unwrap_or_default()),
        messages
            .iter()
            .map(|message| message.payload.clone())
            .collect::<Vec<_>>()
            .into(),
        messages
            .iter()
            .map(|message| message.payload_size)
            .collect::<Vec<_>>()
            .into(),
        // 0 stands for none: no sensor has it.
        messages
            .iter()
            .map(|message| message.counted.map_or(0, |(sensor_id, _)| sensor_id))
            .collect::<Vec<_>>()
            .into(),
        sql::times(messages.iter().map(|message| {
            let time = message.counted.map_or(message.received_at, |(_, time)| time);
            Level::Hour.floor(time)
        })),
        messages
            .iter()
            .map(|message| message.imported)
            .collect::<Vec<_>>()
            .into(),
    ]
}

/// One text of each message. PostgreSQL's texts have no NUL: here, where nothing may be refused, its picture stands for
/// it. The payload keeps the bytes.
fn texts<'a>(messages: &'a [NewQuarantined], text: impl Fn(&'a NewQuarantined) -> &'a str) -> Value {
    messages
        .iter()
        .map(|message| text(message).replace('\0', "\u{2400}"))
        .collect::<Vec<String>>()
        .into()
}
