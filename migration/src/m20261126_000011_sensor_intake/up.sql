-- What came of a sensor and is no row of reading: the loader counts it in the transaction that moves its checkpoint.
-- Without a foreign key to sensor, as reading; rows that are counted on change in their page.

CREATE TABLE sensor_intake (
    hour timestamptz NOT NULL,
    duplicates int8 NOT NULL CHECK (duplicates >= 0),
    conflicting int8 NOT NULL CHECK (conflicting >= 0),
    refused int8 NOT NULL CHECK (refused >= 0),
    sensor_id int4 NOT NULL,
    PRIMARY KEY (sensor_id, hour)
) WITH (fillfactor = 70);
COMMENT ON TABLE sensor_intake IS
    'How many readings of a sensor and hour came and are not in reading: there already, or of no use. No row means none. Kept for 90 days.
{"internal": true}';
COMMENT ON COLUMN sensor_intake.hour IS
    'When the hour of the readings'' time begins (UTC); of readings without a time that could be used, the hour of their receipt.';
COMMENT ON COLUMN sensor_intake.duplicates IS
    'Readings whose sensor and time were there already with the same value.';
COMMENT ON COLUMN sensor_intake.conflicting IS
    'Readings whose sensor and time were there already with another value, each value counted once.';
COMMENT ON COLUMN sensor_intake.refused IS
    'Readings that were quarantined.';
COMMENT ON COLUMN sensor_intake.sensor_id IS
    'The sensor (sensor.id).';

-- One row.
CREATE TABLE sensor_intake_kept (
    since timestamptz,
    is_only bool PRIMARY KEY DEFAULT true CHECK (is_only)
);
COMMENT ON TABLE sensor_intake_kept IS
    'From which hour on sensor_intake says all.
{"internal": true}';
COMMENT ON COLUMN sensor_intake_kept.since IS
    'When the first hour of the readings'' time begins that all of was counted of (UTC); empty when that is all time.';
COMMENT ON COLUMN sensor_intake_kept.is_only IS
    'Always true: there is one row.';
-- What was loaded before nobody counted.
INSERT INTO sensor_intake_kept (since)
SELECT CASE WHEN EXISTS (SELECT FROM reading) THEN date_trunc('hour', now(), 'UTC') + INTERVAL '1 hour' END;
