//! What raw messages take on S3: the challenge's messages in one object, beside the same JSON lines as they are, and in one
//! zstd file.

use anyhow::Context as _;
use archive::{Kind, Line, ObjectBuilder, Qos};
use chrono::{DateTime, TimeDelta};

use super::{TOPIC, message};

const MESSAGES: u64 = 300_000;
const SENSORS: u64 = 5;
/// Mean microseconds between two messages, each of which comes a random time after the one before.
const BETWEEN_US: u64 = 200_000;

pub(crate) fn run() -> anyhow::Result<()> {
    let mut builder = ObjectBuilder::new(uuid::Uuid::new_v4());
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut time = DateTime::from_timestamp(1_767_225_600, 0).context("a time")?;
    for seq in 1..=MESSAGES {
        time += TimeDelta::microseconds(random.below(2 * BETWEEN_US) as i64);
        let received_at = time + TimeDelta::microseconds(500 + random.below(1_500) as i64);
        let payload = message(random.below(SENSORS) + 1, time, random.below(46) as f64);
        builder.push(&Line {
            seq,
            source: "mqtt",
            topic: TOPIC.as_bytes(),
            received_at,
            qos: Qos::AtLeastOnce,
            retain: false,
            dup: false,
            kind: Kind::Message,
            payload: payload.as_bytes(),
        })?;
    }
    let object = builder.finish()?;
    let lines = zstd::decode_all(&**object.body()).context("read the object")?;
    let one_file = zstd::encode_all(&*lines, 3).context("compress the lines")?;
    let each = |bytes: usize| bytes as f64 / MESSAGES as f64;
    println!(
        "raw on S3, {MESSAGES} of the challenge's messages: {:.1} bytes a message, beside {:.1} as JSON lines and {:.1} in one \
         file of zstd level 3",
        each(object.body().len()),
        each(lines.len()),
        each(one_file.len()),
    );
    Ok(())
}

/// Xorshift, so that each run has the same messages.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}
