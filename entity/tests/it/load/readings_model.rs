//! What `reading` and `reading_conflict` should say, in the simplest words: of all that was loaded for a key, each value
//! once, with its preferred message; the preferred of them is served.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::DatabaseConnection;
use entity::load::{NewReading, OnConflict};

use crate::support::rows;

/// A row, with its value as bits: not even the sign of zero may depend on the order of loading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) sensor_id: i32,
    pub(super) time: DateTime<Utc>,
    pub(super) value: u64,
    pub(super) flag: i16,
    pub(super) received_at: DateTime<Utc>,
    pub(super) seq: i64,
    pub(super) journal_id: i16,
}

/// Both tables, sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tables {
    pub(super) served: Vec<Row>,
    pub(super) conflicts: Vec<Row>,
}

impl Tables {
    pub(super) fn expected(loaded: &[(i16, NewReading)]) -> Self {
        let mut keys: BTreeMap<_, Vec<(i16, NewReading)>> = BTreeMap::new();
        for (journal_id, reading) in loaded {
            keys.entry((reading.sensor_id, reading.time))
                .or_default()
                .push((*journal_id, *reading));
        }
        let mut tables = Self::default();
        for mut readings in keys.into_values() {
            readings.sort_by(|(journal_a, a), (journal_b, b)| {
                let receipt = |journal, reading: &NewReading| (reading.received_at, reading.seq, journal);
                receipt(*journal_a, a)
                    .cmp(&receipt(*journal_b, b))
                    .then(a.value.total_cmp(&b.value))
            });
            if readings[0].1.on_conflict == OnConflict::Latest {
                readings.reverse();
            }
            let mut kept: Vec<(i16, NewReading)> = Vec::new();
            for (journal_id, reading) in readings {
                if !kept.iter().any(|(_, one)| one.value == reading.value) {
                    kept.push((journal_id, reading));
                }
            }
            let mut rows = kept.into_iter().map(|(journal_id, reading)| Row {
                sensor_id: reading.sensor_id,
                time: reading.time,
                value: reading.value.to_bits(),
                flag: reading.flag.number(),
                received_at: reading.received_at,
                seq: reading.seq,
                journal_id,
            });
            tables.served.extend(rows.next());
            tables.conflicts.extend(rows);
        }
        tables.served.sort();
        tables.conflicts.sort();
        tables
    }

    pub(super) async fn stored(db: &DatabaseConnection) -> Self {
        Self {
            served: table(db, "reading").await,
            conflicts: table(db, "reading_conflict").await,
        }
    }
}

async fn table(db: &DatabaseConnection, name: &str) -> Vec<Row> {
    let select = format!("SELECT sensor_id, time, value, flag, received_at, seq, journal_id FROM {name}");
    let mut table: Vec<Row> = rows(db, &select)
        .await
        .iter()
        .map(|row| Row {
            sensor_id: row.try_get_by_index(0).unwrap(),
            time: row.try_get_by_index(1).unwrap(),
            value: row.try_get_by_index::<f64>(2).unwrap().to_bits(),
            flag: row.try_get_by_index(3).unwrap(),
            received_at: row.try_get_by_index(4).unwrap(),
            seq: row.try_get_by_index(5).unwrap(),
            journal_id: row.try_get_by_index(6).unwrap(),
        })
        .collect();
    table.sort();
    table
}
