-- By the primary key (sensor_id, time, value).
SELECT conflict.sensor_id, conflict.time, conflict.value, conflict.flag, conflict.received_at, conflict.journal_id, conflict.seq
FROM unnest($1::int4[], $2::timestamptz[]) AS asked (sensor_id, time)
JOIN reading_conflict AS conflict ON conflict.sensor_id = asked.sensor_id AND conflict.time = asked.time
ORDER BY conflict.received_at, conflict.seq, conflict.journal_id, conflict.value
