//! Keeping what cannot be used.

use sea_orm::Value;

use super::{LoadError, LoadTransaction, NewQuarantined};
use crate::rollup::Level;
use crate::sql;

impl LoadTransaction {
    /// Keeps messages that cannot be used; one that is there already (a replay) is not written twice.
    pub async fn quarantine(&mut self, messages: &[NewQuarantined]) -> Result<(), LoadError> {
        if messages.is_empty() {
            return Ok(());
        }
        let values: [Value; 13] = [
            self.journal_id.into(),
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
        ];
        sql::execute(
            &self.transaction,
            include_str!("insert_quarantined_messages.sql"),
            values,
        )
        .await?;
        Ok(())
    }
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
