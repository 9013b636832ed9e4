//! A record's bytes, as they lie in the journal: an error, or a record that says all of them.

use ingestor::message::Record;

pub(crate) fn run(data: &[u8]) {
    let Ok(record) = Record::decode(data) else { return };
    assert_eq!(record.received_at().timestamp_micros(), record.received_at_us);
    let mut again = Vec::new();
    record.encode(&mut again);
    assert_eq!(again, data, "a record is written as it was read");
}
