-- Takes back all that up.sql made, and with it all data. The extension stays: it may serve others.

DROP TABLE ingest_checkpoint;
DROP TABLE segment;
DROP TABLE quarantined_message;
DROP TABLE reading_conflict;
DROP TABLE reading;
DROP TABLE sensor_list;
DROP TABLE sensor_version;
DROP TABLE sensor;
DROP TABLE journal;
