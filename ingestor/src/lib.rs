//! From MQTT to the journal, to S3 and to the database.
