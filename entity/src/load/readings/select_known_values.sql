-- By the primary keys (sensor_id, time) and (sensor_id, time, value).
WITH asked AS (
    SELECT sensor_id, time, position
    FROM unnest($1::int4[], $2::timestamptz[]) WITH ORDINALITY AS asked (sensor_id, time, position)
)
SELECT asked.position, true, reading.value, reading.flag, reading.received_at, reading.seq, reading.journal_id
FROM asked
JOIN reading ON reading.sensor_id = asked.sensor_id AND reading.time = asked.time
WHERE reading.time BETWEEN $3 AND $4
UNION ALL
SELECT asked.position, false, conflict.value, conflict.flag, conflict.received_at, conflict.seq, conflict.journal_id
FROM asked
JOIN reading_conflict AS conflict ON conflict.sensor_id = asked.sensor_id AND conflict.time = asked.time
