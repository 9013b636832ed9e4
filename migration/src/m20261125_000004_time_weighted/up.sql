-- What rollups know of time: when their readings were, the area under them, and how a counter rose. All four are about
-- readings that are not flagged fail; docs/reference/aggregates.md says what becomes of them.
-- Rows from before this step have nulls until they are computed anew, and are noted below, so that no answer takes them.
-- A row whose readings are gone keeps its nulls: an area of null beside a count says that it is not known.

ALTER TABLE reading_1m
    ADD COLUMN first_at timestamptz,
    ADD COLUMN last_at timestamptz,
    ADD COLUMN area float8,
    ADD COLUMN increase float8;
COMMENT ON COLUMN reading_1m.first_at IS
    'When the earliest of them was measured (UTC).';
COMMENT ON COLUMN reading_1m.last_at IS
    'When the latest of them was measured (UTC).';
COMMENT ON COLUMN reading_1m.area IS
    'The area under the straight lines between neighbours of them in the minute: the unit that the sensor declares (sensor.unit) times seconds. 0 with one reading.';
COMMENT ON COLUMN reading_1m.increase IS
    'The sum of the rises between neighbours of them in the minute, in the unit that the sensor declares (sensor.unit): a value below the one before it is a counter that began again, and rose to that value. Null with one reading.';

ALTER TABLE reading_1h
    ADD COLUMN first_at timestamptz,
    ADD COLUMN last_at timestamptz,
    ADD COLUMN area float8,
    ADD COLUMN increase float8;
COMMENT ON COLUMN reading_1h.first_at IS
    'When the earliest of them was measured (UTC).';
COMMENT ON COLUMN reading_1h.last_at IS
    'When the latest of them was measured (UTC).';
COMMENT ON COLUMN reading_1h.area IS
    'The area under the straight lines between neighbours of them in the hour: the unit that the sensor declares (sensor.unit) times seconds. 0 with one reading.';
COMMENT ON COLUMN reading_1h.increase IS
    'The sum of the rises between neighbours of them in the hour, in the unit that the sensor declares (sensor.unit): a value below the one before it is a counter that began again, and rose to that value. Null with one reading.';

ALTER TABLE reading_1d
    ADD COLUMN first_at timestamptz,
    ADD COLUMN last_at timestamptz,
    ADD COLUMN area float8,
    ADD COLUMN increase float8;
COMMENT ON COLUMN reading_1d.first_at IS
    'When the earliest of them was measured (UTC).';
COMMENT ON COLUMN reading_1d.last_at IS
    'When the latest of them was measured (UTC).';
COMMENT ON COLUMN reading_1d.area IS
    'The area under the straight lines between neighbours of them in the day: the unit that the sensor declares (sensor.unit) times seconds. 0 with one reading.';
COMMENT ON COLUMN reading_1d.increase IS
    'The sum of the rises between neighbours of them in the day, in the unit that the sensor declares (sensor.unit): a value below the one before it is a counter that began again, and rose to that value. Null with one reading.';

-- Readings from before this step.
INSERT INTO rollup_dirty (bucket, wide, sensor_ids)
SELECT bucket, sensors > 400, array_agg(sensor_id ORDER BY sensor_id)
FROM (
    SELECT bucket, sensor_id, (row_number() OVER (PARTITION BY bucket ORDER BY sensor_id) - 1) / 400 AS part,
           count(*) OVER (PARTITION BY bucket) AS sensors
    FROM (
        SELECT DISTINCT date_bin('1 minute', time, '2000-01-01 00:00:00+00') AS bucket, sensor_id
        FROM reading
    ) AS touched
) AS cut
GROUP BY bucket, part, sensors;
