//! What was sent, what it means, and what the broker acknowledged to its sender.

use std::collections::HashMap;

use super::random::Random;

/// What a message should become.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    Reading(Reading),
    /// It can't be used, and lies in quarantine.
    Useless,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub(super) sensor: u64,
    pub(super) time_us: i64,
    pub(super) value: f64,
}

impl Reading {
    /// As sensors say it, `bytes` long if it is shorter by itself.
    fn payload(&self, bytes: usize) -> Vec<u8> {
        let Self { sensor, value, .. } = self;
        let time = chrono::DateTime::from_timestamp_micros(self.time_us).expect("a time");
        let dt = time.format("%Y-%m-%dT%H:%M:%S%.6f");
        let text = format!(r#"{{"id": "Sensor {sensor}", "dt": "{dt}", "value": {value}}}"#);
        let mut payload = text.into_bytes();
        payload.resize(payload.len().max(bytes), b' ');
        payload
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) meaning: Meaning,
    pub(super) acknowledged: bool,
}

#[derive(Debug)]
pub(super) struct Ledger {
    /// By the whole payload: each means one thing.
    sent: HashMap<Vec<u8>, Sent>,
    start_us: i64,
    made: i64,
}

const SENSORS: u64 = 7;

impl Ledger {
    pub(super) fn new() -> Self {
        let start = chrono::Utc::now() - chrono::TimeDelta::hours(2);
        Self {
            sent: HashMap::new(),
            start_us: start.timestamp_micros(),
            made: 0,
        }
    }

    /// A message of its own.
    pub(super) fn reading(&mut self, random: &mut Random, bytes: usize) -> Vec<u8> {
        let reading = self.fresh(random);
        self.note(Meaning::Reading(reading), reading.payload(bytes))
    }

    /// Messages as they come in life: most are readings, some come twice, contradict or can't be used.
    pub(super) fn mixture(&mut self, random: &mut Random, count: u64) -> Vec<Vec<u8>> {
        let mut payloads: Vec<Vec<u8>> = Vec::new();
        let mut readings: Vec<Reading> = Vec::new();
        for _ in 0..count {
            let payload = match random.below(100) {
                0..4 if !payloads.is_empty() => {
                    let earlier = usize::try_from(random.below(payloads.len() as u64)).expect("an index");
                    payloads[earlier].clone()
                }
                4..8 if !readings.is_empty() => {
                    let contradiction = Reading {
                        // No sensor says quarters otherwise.
                        value: random.pick(&readings).value + 0.25,
                        ..random.pick(&readings)
                    };
                    self.note(Meaning::Reading(contradiction), contradiction.payload(0))
                }
                8..12 => self.useless(random),
                12..14 => {
                    let bytes = usize::try_from(random.between(1_000, 60_000)).expect("small");
                    self.reading(random, bytes)
                }
                _ => {
                    let reading = self.fresh(random);
                    readings.push(reading);
                    self.note(Meaning::Reading(reading), reading.payload(0))
                }
            };
            payloads.push(payload);
        }
        payloads
    }

    fn fresh(&mut self, random: &mut Random) -> Reading {
        self.made += 1;
        Reading {
            sensor: random.below(SENSORS),
            time_us: self.start_us + self.made * 1_000,
            #[expect(clippy::cast_precision_loss, reason = "there are not so many")]
            value: self.made as f64,
        }
    }

    fn useless(&mut self, random: &mut Random) -> Vec<u8> {
        self.made += 1;
        let number = self.made;
        let payload = match random.below(4) {
            0 => format!(r#"{{"id": "Sensor {number}", "dt": "#).into_bytes(),
            1 => format!(r#"{{"id": "Sensor 1", "dt": "1970-01-01T00:00:00", "value": {number}}}"#)
                .into_bytes(),
            2 => [number.to_string().as_bytes(), &[0xff, 0x00, 0xfe]].concat(),
            // Longer than what is decoded.
            _ => self.fresh(random).payload(70_000),
        };
        self.note(Meaning::Useless, payload)
    }

    fn note(&mut self, meaning: Meaning, payload: Vec<u8>) -> Vec<u8> {
        let sent = Sent {
            meaning,
            acknowledged: false,
        };
        let before = self.sent.insert(payload.clone(), sent);
        assert!(
            before.is_none_or(|before| before.meaning == meaning),
            "a payload means one thing"
        );
        payload
    }

    pub(super) fn acknowledged<'a>(&mut self, payloads: impl IntoIterator<Item = &'a [u8]>) {
        for payload in payloads {
            self.sent.get_mut(payload).expect("it was sent").acknowledged = true;
        }
    }

    pub(super) fn find(&self, payload: &[u8]) -> Option<Sent> {
        self.sent.get(payload).copied()
    }

    pub(super) fn sent(&self) -> impl Iterator<Item = (&[u8], &Sent)> {
        self.sent.iter().map(|(payload, sent)| (payload.as_slice(), sent))
    }
}
