//! A sensor list: a sentence why not, or sensors that the database takes.

use ingestor::sensor_list::{WARNINGS_MAX, parse};

pub(crate) fn run(data: &[u8]) {
    match parse(data) {
        Err(error) => assert!((20..10_000).contains(&error.to_string().len()), "{error}"),
        Ok(list) => {
            assert!(list.warnings.len() <= WARNINGS_MAX + 1);
            for sensor in &list.sensors {
                // Refused by the database, it would stop the loader.
                assert_eq!(sensor.refusal(), None);
            }
        }
    }
}
