//! The judge: reads the archive's files and the database's tables with nothing of Fieldbook's own, and holds both
//! against what was sent.
//!
//! From the lines of the archive, in the order of their positions, it works out by itself what the tables must hold: the
//! first value of each sensor and time is served, each other one is kept aside once, what can't be used is in quarantine.
//! What the tables hold otherwise is lost or there twice. It looks at what came since its last verdict, and at the sums of
//! everything.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sqlx::PgPool;

use super::ledger::{Ledger, Meaning, Reading};
use crate::harness::{RawMessage, raw_files, raw_lines};

/// What is wrong, in sentences; empty when all is well.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Acknowledged messages that were looked for, since the last verdict.
    pub(super) messages: u64,
    /// What is nowhere although it was acknowledged.
    pub(super) lost: Vec<String>,
    /// What is there more often than once.
    pub(super) duplicated: Vec<String>,
    /// What does not add up, or is not what was sent.
    pub(super) wrong: Vec<String>,
}

impl Verdict {
    pub(super) fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.duplicated.is_empty() && self.wrong.is_empty()
    }

    /// The first of each, for people.
    pub(super) fn summary(&self) -> String {
        let part = |what: &str, found: &[String]| {
            let first: Vec<&str> = found.iter().take(3).map(String::as_str).collect();
            format!("{what}: {} {first:?}", found.len())
        };
        [
            part("lost", &self.lost),
            part("duplicated", &self.duplicated),
            part("wrong", &self.wrong),
        ]
        .join("; ")
    }
}

/// Sums over segments, and numbers of rows.
type Sums = (i64, i64, i64, i64, i64, i64, i64, i64);

/// A sensor and a time.
type Key = (u64, i64);

/// A reading's value as its bits, which are equal or not.
type Bits = u64;

#[derive(Debug, Default)]
pub(super) struct Judge {
    /// The objects that were read, by what they must stay.
    objects: BTreeMap<PathBuf, (u64, SystemTime)>,
    journal: Option<String>,
    /// The last position of the archive, in a row without gaps.
    last_seq: u64,
    /// What must be served, and from which position.
    served: HashMap<Key, (Bits, u64)>,
    /// Which values must be kept aside, and from which position each.
    aside: HashMap<(u64, i64, Bits), u64>,
    /// Positions of what can't be used.
    useless: HashSet<u64>,
    /// What was found on S3, by its bytes.
    archived: HashSet<Vec<u8>>,
    /// Acknowledged messages that were looked for.
    acknowledged: HashSet<Vec<u8>>,
}

impl Judge {
    /// Looks at everything; the ingest has nothing under way.
    pub(super) async fn judge(&mut self, store: &Path, database: &PgPool, ledger: &Ledger) -> Verdict {
        let mut verdict = Verdict::default();
        let before = self.last_seq;
        self.read_archive(store, ledger, &mut verdict);
        for (payload, _) in ledger.sent().filter(|(_, sent)| sent.acknowledged) {
            if self.acknowledged.insert(payload.to_vec()) {
                verdict.messages += 1;
                if !self.archived.contains(payload) {
                    verdict.lost.push(format!("not on S3: {}", shown(payload)));
                }
            }
        }
        self.compare_readings(database, before, &mut verdict).await;
        self.compare_conflicts(database, before, &mut verdict).await;
        self.compare_quarantine(database, before, &mut verdict).await;
        self.compare_sums(database, &mut verdict).await;
        verdict
    }

    fn read_archive(&mut self, store: &Path, ledger: &Ledger, verdict: &mut Verdict) {
        let mut seen = HashSet::new();
        let mut lines: Vec<RawMessage> = Vec::new();
        for path in raw_files(store) {
            let about = std::fs::metadata(&path).expect("an object");
            let now = (about.len(), about.modified().expect("a time"));
            seen.insert(path.clone());
            match self.objects.insert(path.clone(), now) {
                None => lines.extend(raw_lines(&path)),
                Some(then) if then == now => {}
                Some(_) => verdict
                    .wrong
                    .push(format!("another object under the key of {}", path.display())),
            }
        }
        for gone in self.objects.keys().filter(|path| !seen.contains(*path)) {
            verdict
                .lost
                .push(format!("the object {} is gone", gone.display()));
        }
        lines.sort_by(|a, b| (&a.journal, a.seq).cmp(&(&b.journal, b.seq)));
        for line in lines {
            self.take(line, ledger, verdict);
        }
    }

    fn take(&mut self, line: RawMessage, ledger: &Ledger, verdict: &mut Verdict) {
        let journal = self.journal.get_or_insert_with(|| line.journal.clone());
        if *journal != line.journal {
            verdict.wrong.push(format!("another journal: {}", line.journal));
        }
        let seq = line.seq;
        if seq <= self.last_seq {
            verdict
                .duplicated
                .push(format!("position {seq} lies on S3 twice"));
            return;
        }
        if seq != self.last_seq + 1 {
            verdict.lost.push(format!(
                "positions {} to {} are not on S3",
                self.last_seq + 1,
                seq - 1
            ));
        }
        self.last_seq = seq;
        match ledger.find(&line.payload).map(|sent| sent.meaning) {
            None => verdict.wrong.push(format!(
                "position {seq} has bytes that nobody sent: {}",
                shown(&line.payload)
            )),
            Some(Meaning::Useless) => {
                self.useless.insert(seq);
            }
            Some(Meaning::Reading(reading)) => self.expect(reading, seq),
        }
        self.archived.insert(line.payload);
    }

    /// What the tables must hold of a reading at a position.
    fn expect(&mut self, reading: Reading, seq: u64) {
        let Reading {
            sensor,
            time_us,
            value,
        } = reading;
        let bits = value.to_bits();
        let (served, _) = *self.served.entry((sensor, time_us)).or_insert((bits, seq));
        if served != bits {
            self.aside.entry((sensor, time_us, bits)).or_insert(seq);
        }
    }

    async fn compare_readings(&self, database: &PgPool, before: u64, verdict: &mut Verdict) {
        let sql =
            "SELECT substr(s.name, 8)::int8, (extract(epoch FROM r.time) * 1000000)::int8, r.value, r.seq
                   FROM reading r JOIN sensor s ON s.id = r.sensor_id WHERE r.seq > $1";
        let rows: Vec<(i64, i64, f64, i64)> = sqlx::query_as(sql)
            .bind(before.cast_signed())
            .fetch_all(database)
            .await
            .expect("readings");
        let mut expected: HashMap<Key, (Bits, u64)> = self.served.clone();
        expected.retain(|_, (_, seq)| *seq > before);
        for (sensor, time_us, value, seq) in rows {
            let key = (sensor.cast_unsigned(), time_us);
            match expected.remove(&key) {
                Some(wanted) if wanted == (value.to_bits(), seq.cast_unsigned()) => {}
                Some(wanted) => verdict
                    .wrong
                    .push(format!("{key:?} is {value} of position {seq}, not {wanted:?}")),
                None => verdict.duplicated.push(format!(
                    "{key:?} of position {seq} is no reading of the archive's, or one more"
                )),
            }
        }
        for ((sensor, time_us), (_, seq)) in expected {
            verdict.lost.push(format!(
                "Sensor {sensor} at {time_us} of position {seq} is not in the database"
            ));
        }
    }

    async fn compare_conflicts(&self, database: &PgPool, before: u64, verdict: &mut Verdict) {
        let sql =
            "SELECT substr(s.name, 8)::int8, (extract(epoch FROM c.time) * 1000000)::int8, c.value, c.seq
                   FROM reading_conflict c JOIN sensor s ON s.id = c.sensor_id WHERE c.seq > $1";
        let rows: Vec<(i64, i64, f64, i64)> = sqlx::query_as(sql)
            .bind(before.cast_signed())
            .fetch_all(database)
            .await
            .expect("conflicts");
        let mut expected = self.aside.clone();
        expected.retain(|_, seq| *seq > before);
        for (sensor, time_us, value, seq) in rows {
            let key = (sensor.cast_unsigned(), time_us, value.to_bits());
            if expected.remove(&key) != Some(seq.cast_unsigned()) {
                verdict
                    .wrong
                    .push(format!("{key:?} of position {seq} does not contradict"));
            }
        }
        for (key, seq) in expected {
            verdict
                .lost
                .push(format!("{key:?} of position {seq} contradicts and is not kept"));
        }
    }

    async fn compare_quarantine(&self, database: &PgPool, before: u64, verdict: &mut Verdict) {
        let rows: Vec<i64> = sqlx::query_scalar("SELECT seq FROM quarantined_message WHERE seq > $1")
            .bind(before.cast_signed())
            .fetch_all(database)
            .await
            .expect("quarantine");
        let mut found = HashSet::new();
        for seq in rows.into_iter().map(i64::cast_unsigned) {
            if !found.insert(seq) {
                verdict
                    .duplicated
                    .push(format!("position {seq} is in quarantine twice"));
            }
            if !self.useless.contains(&seq) {
                verdict
                    .wrong
                    .push(format!("position {seq} is in quarantine and could be used"));
            }
        }
        for seq in self
            .useless
            .iter()
            .filter(|seq| **seq > before && !found.contains(seq))
        {
            verdict
                .lost
                .push(format!("position {seq} can't be used and is not in quarantine"));
        }
    }

    /// The mass balance, of each segment and of all.
    async fn compare_sums(&self, database: &PgPool, verdict: &mut Verdict) {
        let unbalanced = "SELECT count(*) FROM segment
            WHERE object_key IS NULL OR messages <> last_seq - first_seq + 1 OR messages <> decoded + quarantined
               OR decoded <> readings_new + readings_duplicate + readings_conflicting + readings_refused";
        let sums = "SELECT coalesce(sum(messages), 0)::int8, coalesce(sum(readings_new), 0)::int8,
                           coalesce(sum(readings_conflicting), 0)::int8, coalesce(sum(quarantined), 0)::int8,
                           (SELECT count(*) FROM reading), (SELECT count(*) FROM reading_conflict),
                           (SELECT count(*) FROM quarantined_message),
                           (SELECT coalesce(max(seq), 0) FROM ingest_checkpoint)
                    FROM segment";
        let unbalanced: i64 = sqlx::query_scalar(unbalanced)
            .fetch_one(database)
            .await
            .expect("segments");
        if unbalanced > 0 {
            verdict.wrong.push(format!("{unbalanced} segments don't balance"));
        }
        let (messages, new, conflicting, quarantined, readings, conflicts, set_aside, loaded): Sums =
            sqlx::query_as(sums).fetch_one(database).await.expect("sums");
        let count = |length: usize| i64::try_from(length).expect("small");
        for (what, found, wanted) in [
            (
                "messages of segments, by the archive",
                messages,
                self.last_seq.cast_signed(),
            ),
            (
                "the loaded position, by the archive",
                loaded,
                self.last_seq.cast_signed(),
            ),
            ("readings, by segments", readings, new),
            ("readings, by the archive", readings, count(self.served.len())),
            ("conflicts, by segments", conflicts, conflicting),
            ("conflicts, by the archive", conflicts, count(self.aside.len())),
            ("quarantined messages, by segments", set_aside, quarantined),
            (
                "quarantined messages, by the archive",
                set_aside,
                count(self.useless.len()),
            ),
        ] {
            if found != wanted {
                verdict.wrong.push(format!("{what}: {found} instead of {wanted}"));
            }
        }
    }

    /// Messages in the archive, and readings that must be served.
    pub(super) fn totals(&self) -> (u64, u64) {
        (self.last_seq, self.served.len() as u64)
    }
}

/// The beginning of some bytes.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned()
}
