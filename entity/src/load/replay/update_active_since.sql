-- Only rows that change are written.
UPDATE sensor
SET active_since = earliest.received_at
FROM (
    SELECT sensor_id, min(received_at) AS received_at
    FROM unnest($1::int4[], $2::timestamptz[]) AS message (sensor_id, received_at)
    GROUP BY sensor_id
) AS earliest
WHERE sensor.id = earliest.sensor_id
  AND (sensor.active_since IS NULL OR sensor.active_since > earliest.received_at)
