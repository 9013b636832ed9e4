//! Which range of a sensor was in force for a message, for many messages: all that is known of it, in memory.
//!
//! The rule is that of [`in_force`](crate::query::in_force): a list takes effect at its position in its own journal, and for
//! the messages of other journals with its receipt. What it gives depends on the lists alone, not on the order in which
//! journals are loaded.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::DatabaseConnection;

use super::LoadError;
use crate::query::sensors::Range;
use crate::sql;

/// The ranges that sensors were declared with.
#[derive(Debug, Clone, Default)]
pub struct RangeHistory {
    /// By sensor: from when, and what; in order.
    versions: HashMap<i32, Vec<(DateTime<Utc>, Range)>>,
    /// By journal, then source.
    lists: HashMap<i16, HashMap<String, Lists>>,
}

/// The lists of one source in one journal.
#[derive(Debug, Clone, Default)]
struct Lists {
    /// Each list's position, and the latest receipt of it and those before it; in order.
    receipts: Vec<(i64, DateTime<Utc>)>,
    /// The first position of the lists of one receipt.
    first_of: HashMap<DateTime<Utc>, i64>,
}

/// Whether lists of a journal behind the position `seq` have been applied.
pub async fn has_lists_behind(db: &DatabaseConnection, journal_id: i16, seq: i64) -> Result<bool, LoadError> {
    let select = "SELECT EXISTS (SELECT FROM sensor_list WHERE journal_id = $1 AND seq > $2)";
    let rows = sql::query(db, select, [journal_id.into(), seq.into()], |row| row.get(0)).await?;
    Ok(rows.first().copied().unwrap_or_default())
}

impl RangeHistory {
    /// Reads all of it.
    pub async fn load(db: &DatabaseConnection) -> Result<Self, LoadError> {
        let mut history = Self::default();
        let versions = sql::query(db, include_str!("ranges/select_versions.sql"), [], |row| {
            let range = Range {
                min: row.get(2)?,
                max: row.get(3)?,
            };
            Ok((row.get(0)?, row.get(1)?, range))
        })
        .await?;
        for (sensor_id, valid_from, range) in versions {
            history.version(sensor_id, valid_from, range);
        }
        let select = "SELECT journal_id, seq, received_at, source FROM sensor_list ORDER BY journal_id, seq";
        let lists = sql::query(db, select, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<String>(3)?))
        })
        .await?;
        for (journal_id, seq, received_at, source) in lists {
            history.list(journal_id, seq, received_at, source);
        }
        Ok(history)
    }

    fn version(&mut self, sensor_id: i32, valid_from: DateTime<Utc>, range: Range) {
        self.versions
            .entry(sensor_id)
            .or_default()
            .push((valid_from, range));
    }

    fn list(&mut self, journal_id: i16, seq: i64, received_at: DateTime<Utc>, source: String) {
        let lists = self
            .lists
            .entry(journal_id)
            .or_default()
            .entry(source)
            .or_default();
        let latest = lists.receipts.last().map_or(received_at, |(_, latest)| *latest);
        lists.receipts.push((seq, latest.max(received_at)));
        lists.first_of.entry(received_at).or_insert(seq);
    }

    /// Whether the list at this position is known.
    pub fn has_list(&self, journal_id: i16, source: &str, seq: i64) -> bool {
        let lists = self.lists.get(&journal_id).and_then(|of| of.get(source));
        lists.is_some_and(|lists| lists.receipts.binary_search_by_key(&seq, |(seq, _)| *seq).is_ok())
    }

    /// The range that was in force for a message of this sensor; `None` when it was not declared then.
    pub fn range(
        &self,
        sensor_id: i32,
        source: &str,
        journal_id: i16,
        seq: i64,
        received_at: DateTime<Utc>,
    ) -> Option<Range> {
        let versions = self.versions.get(&sensor_id)?;
        let own = self.lists.get(&journal_id).and_then(|of| of.get(source));
        let before = own.and_then(|own| {
            let count = own.receipts.partition_point(|(list, _)| *list < seq);
            own.receipts.get(count.checked_sub(1)?)
        });
        let until = before.map_or(received_at, |(_, latest)| received_at.max(*latest));
        let count = versions.partition_point(|(valid_from, _)| *valid_from <= until);
        versions[..count]
            .iter()
            .rev()
            .find(|(valid_from, _)| {
                let list = own.and_then(|own| own.first_of.get(valid_from));
                list.is_none_or(|list| *list < seq)
            })
            .map(|(_, range)| *range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn to(max: f64) -> Range {
        Range {
            min: None,
            max: Some(max),
        }
    }

    #[test]
    fn positions_decide_in_a_journal_and_receipts_between_journals() {
        let mut history = RangeHistory::default();
        for (seconds, max) in [(100, 1.0), (200, 2.0)] {
            history.version(7, at(seconds), to(max));
        }
        history.list(1, 10, at(100), "s".to_owned());
        history.list(1, 20, at(200), "s".to_owned());
        let range = |journal_id, seq, seconds| history.range(7, "s", journal_id, seq, at(seconds));
        // Its own journal's clock went back and forth: positions alone count.
        assert_eq!(range(1, 5, 150), None);
        assert_eq!(range(1, 15, 50), Some(to(1.0)));
        assert_eq!(range(1, 15, 500), Some(to(1.0)));
        assert_eq!(range(1, 25, 50), Some(to(2.0)));
        // Another journal knows receipts.
        assert_eq!(range(2, 1, 99), None);
        assert_eq!(range(2, 1, 100), Some(to(1.0)));
        assert_eq!(range(2, 1, 200), Some(to(2.0)));
        // So do other sources of the same journal.
        assert_eq!(history.range(7, "t", 1, 5, at(150)), Some(to(1.0)));
        assert_eq!(range(1, 1, 1), None);
        assert_eq!(history.range(8, "s", 1, 25, at(300)), None);
        assert!(
            history.has_list(1, "s", 20) && !history.has_list(1, "t", 20) && !history.has_list(1, "s", 21)
        );
    }
}
