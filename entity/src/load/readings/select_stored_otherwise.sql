-- Rows that are there, but not as they were sent: neither just inserted nor the very same record again.
-- By the primary key (sensor_id, time).
SELECT new.position, reading.value, reading.flag, reading.received_at, reading.seq, reading.journal_id
FROM unnest($1::int4[], $2::timestamptz[], $3::float8[], $4::int8[]) WITH ORDINALITY
    AS new (sensor_id, time, value, seq, position)
JOIN reading ON reading.sensor_id = new.sensor_id AND reading.time = new.time
WHERE reading.time BETWEEN $6 AND $7
  -- Bytes, because zero equals minus zero.
  AND (reading.journal_id, reading.seq, float8send(reading.value)) IS DISTINCT FROM ($5, new.seq, float8send(new.value))
