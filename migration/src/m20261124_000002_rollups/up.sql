-- Rollups: what readings amount to in each minute, hour and day (UTC), and which of it waits to be computed again.
-- docs/adr/0007 says how they are kept exact. A bucket whose readings all failed has a row with a count of 0, and nothing
-- in the columns that would be about values.
-- No foreign keys to sensor, as for reading.

CREATE TABLE reading_1m (
    bucket timestamptz NOT NULL,
    count int8 NOT NULL CHECK (count >= 0),
    sum float8,
    m2 float8,
    min float8,
    max float8,
    first float8,
    last float8,
    count_suspect int8 NOT NULL CHECK (count_suspect >= 0),
    count_fail int8 NOT NULL CHECK (count_fail >= 0),
    sensor_id int4 NOT NULL,
    PRIMARY KEY (sensor_id, bucket),
    CHECK (num_nulls(sum, m2, min, max, first, last) = CASE WHEN count = 0 THEN 6 ELSE 0 END)
);
COMMENT ON TABLE reading_1m IS
    'What the readings of each sensor amount to in each minute, readings flagged fail left out. Buckets noted in rollup_dirty or rollup_due are older than the readings.';
COMMENT ON COLUMN reading_1m.bucket IS
    'The first instant of the minute (UTC).';
COMMENT ON COLUMN reading_1m.count IS
    'Readings in it that are not flagged fail.';
COMMENT ON COLUMN reading_1m.sum IS
    'Sum of their values, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1m.m2 IS
    'Sum of the squared distances of their values from their mean; divided by count - 1 it is the variance of a sample.';
COMMENT ON COLUMN reading_1m.min IS
    'Their lowest value, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1m.max IS
    'Their highest value, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1m.first IS
    'The value of the earliest of them, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1m.last IS
    'The value of the latest of them, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1m.count_suspect IS
    'How many of them are flagged suspect.';
COMMENT ON COLUMN reading_1m.count_fail IS
    'Readings in it that are flagged fail; they are not in count nor in the other columns.';
COMMENT ON COLUMN reading_1m.sensor_id IS
    'The sensor (sensor.id).';

CREATE TABLE reading_1h (
    bucket timestamptz NOT NULL,
    count int8 NOT NULL CHECK (count >= 0),
    sum float8,
    m2 float8,
    min float8,
    max float8,
    first float8,
    last float8,
    count_suspect int8 NOT NULL CHECK (count_suspect >= 0),
    count_fail int8 NOT NULL CHECK (count_fail >= 0),
    sensor_id int4 NOT NULL,
    PRIMARY KEY (sensor_id, bucket),
    CHECK (num_nulls(sum, m2, min, max, first, last) = CASE WHEN count = 0 THEN 6 ELSE 0 END)
);
COMMENT ON TABLE reading_1h IS
    'What the readings of each sensor amount to in each hour, readings flagged fail left out. Buckets noted in rollup_dirty or rollup_due are older than the readings.';
COMMENT ON COLUMN reading_1h.bucket IS
    'The first instant of the hour (UTC).';
COMMENT ON COLUMN reading_1h.count IS
    'Readings in it that are not flagged fail.';
COMMENT ON COLUMN reading_1h.sum IS
    'Sum of their values, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1h.m2 IS
    'Sum of the squared distances of their values from their mean; divided by count - 1 it is the variance of a sample.';
COMMENT ON COLUMN reading_1h.min IS
    'Their lowest value, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1h.max IS
    'Their highest value, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1h.first IS
    'The value of the earliest of them, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1h.last IS
    'The value of the latest of them, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1h.count_suspect IS
    'How many of them are flagged suspect.';
COMMENT ON COLUMN reading_1h.count_fail IS
    'Readings in it that are flagged fail; they are not in count nor in the other columns.';
COMMENT ON COLUMN reading_1h.sensor_id IS
    'The sensor (sensor.id).';

CREATE TABLE reading_1d (
    bucket timestamptz NOT NULL,
    count int8 NOT NULL CHECK (count >= 0),
    sum float8,
    m2 float8,
    min float8,
    max float8,
    first float8,
    last float8,
    count_suspect int8 NOT NULL CHECK (count_suspect >= 0),
    count_fail int8 NOT NULL CHECK (count_fail >= 0),
    sensor_id int4 NOT NULL,
    PRIMARY KEY (sensor_id, bucket),
    CHECK (num_nulls(sum, m2, min, max, first, last) = CASE WHEN count = 0 THEN 6 ELSE 0 END)
);
COMMENT ON TABLE reading_1d IS
    'What the readings of each sensor amount to in each day, readings flagged fail left out. Buckets noted in rollup_dirty or rollup_due are older than the readings.';
COMMENT ON COLUMN reading_1d.bucket IS
    'The first instant of the day (UTC).';
COMMENT ON COLUMN reading_1d.count IS
    'Readings in it that are not flagged fail.';
COMMENT ON COLUMN reading_1d.sum IS
    'Sum of their values, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1d.m2 IS
    'Sum of the squared distances of their values from their mean; divided by count - 1 it is the variance of a sample.';
COMMENT ON COLUMN reading_1d.min IS
    'Their lowest value, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1d.max IS
    'Their highest value, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1d.first IS
    'The value of the earliest of them, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1d.last IS
    'The value of the latest of them, in the unit that the sensor declares (sensor.unit).';
COMMENT ON COLUMN reading_1d.count_suspect IS
    'How many of them are flagged suspect.';
COMMENT ON COLUMN reading_1d.count_fail IS
    'Readings in it that are flagged fail; they are not in count nor in the other columns.';
COMMENT ON COLUMN reading_1d.sensor_id IS
    'The sensor (sensor.id).';

-- Inserted by loaders, each in the transaction that touches the readings, and never waited for: no unique key besides the
-- number. Rows come and go, so it is vacuumed by their number alone.
CREATE TABLE rollup_dirty (
    id int8 GENERATED ALWAYS AS IDENTITY,
    bucket timestamptz NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now(),
    wide bool NOT NULL,
    sensor_ids int4[] NOT NULL CHECK (cardinality(sensor_ids) BETWEEN 1 AND 400),
    PRIMARY KEY (bucket, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
-- Arrays of sorted numbers don't shrink enough to be worth the time.
ALTER TABLE rollup_dirty ALTER COLUMN sensor_ids SET STORAGE EXTERNAL;
COMMENT ON TABLE rollup_dirty IS
    'Minutes whose readings have changed and whose rollups wait to be computed again. Until then answers take them from reading.';
COMMENT ON COLUMN rollup_dirty.id IS
    'Its number.';
COMMENT ON COLUMN rollup_dirty.bucket IS
    'The first instant of the minute (UTC).';
COMMENT ON COLUMN rollup_dirty.noted_at IS
    'When the transaction that changed them began (UTC, the database''s clock).';
COMMENT ON COLUMN rollup_dirty.wide IS
    'Whether the transaction changed that minute of so many sensors that answers may take it for all of them.';
COMMENT ON COLUMN rollup_dirty.sensor_ids IS
    'The sensors (sensor.id), ascending; a transaction with many makes several rows.';

CREATE TABLE rollup_due (
    bucket timestamptz NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now(),
    width_seconds int4 NOT NULL CHECK (width_seconds IN (3600, 86400)),
    sensor_id int4 NOT NULL,
    PRIMARY KEY (sensor_id, width_seconds, bucket)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);
-- The longest waiting first.
CREATE INDEX rollup_due_noted_at ON rollup_due (width_seconds, noted_at);
COMMENT ON TABLE rollup_due IS
    'Hours and days whose finer rollups have changed and which wait to be computed again. Until then answers take them from the finer rollups.';
COMMENT ON COLUMN rollup_due.bucket IS
    'The first instant of the hour or day (UTC).';
COMMENT ON COLUMN rollup_due.noted_at IS
    'Since when it waits (UTC, the database''s clock).';
COMMENT ON COLUMN rollup_due.width_seconds IS
    'Its length in seconds: 3600 for an hour, 86400 for a day.';
COMMENT ON COLUMN rollup_due.sensor_id IS
    'The sensor (sensor.id).';

-- Readings from before this step.
INSERT INTO rollup_dirty (bucket, wide, sensor_ids)
SELECT bucket, count(*) > 400, array_agg(sensor_id ORDER BY sensor_id)
FROM (
    SELECT bucket, sensor_id, (row_number() OVER (PARTITION BY bucket ORDER BY sensor_id) - 1) / 400 AS part
    FROM (
        SELECT DISTINCT date_bin('1 minute', time, '2000-01-01 00:00:00+00') AS bucket, sensor_id
        FROM reading
    ) AS touched
) AS cut
GROUP BY bucket, part;
