-- By the primary key (sensor_id, time), backwards: one probe a sensor, or one a chunk until a reading is found.
SELECT latest.sensor_id, latest.time, latest.value, latest.flag, latest.received_at, latest.journal_id, latest.seq
FROM unnest($1::int4[]) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT reading.sensor_id, reading.time, reading.value, reading.flag, reading.received_at, reading.journal_id, reading.seq
    FROM reading
    WHERE reading.sensor_id = asked.sensor_id
      AND reading.time >= coalesce($2::timestamptz, '-infinity')
    ORDER BY reading.time DESC
    LIMIT 1
) AS latest
