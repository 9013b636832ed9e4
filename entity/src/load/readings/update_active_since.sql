-- Only rows that change are written: after a sensor's first reading, none.
UPDATE sensor
SET active_since = earliest.time
FROM unnest($1::int4[], $2::timestamptz[]) AS earliest (sensor_id, time)
WHERE sensor.id = earliest.sensor_id
  AND (sensor.active_since IS NULL OR sensor.active_since > earliest.time)
