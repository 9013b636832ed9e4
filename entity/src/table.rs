//! SeaORM entities, a file a table.

pub mod api_key;
pub mod dataset;
pub mod ingest_checkpoint;
pub mod journal;
pub mod quality_measurement;
pub mod quarantined_message;
pub mod reading;
pub mod reading_conflict;
pub mod segment;
pub mod sensor;
pub mod sensor_list;
pub mod sensor_version;
