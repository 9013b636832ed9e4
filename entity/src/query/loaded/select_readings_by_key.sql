-- Few sensors: each span of each of them by the primary key (sensor_id, time). Without $6, all sensors.
SELECT reading.sensor_id, reading.time, reading.value, reading.flag, reading.received_at, reading.journal_id, reading.seq
FROM unnest($1::int2[], $2::int8[], $3::int8[], $4::timestamptz[], $5::timestamptz[])
    AS span (journal_id, after, upto, from_time, to_time)
CROSS JOIN (SELECT id FROM sensor WHERE $6::int4[] IS NULL OR id = ANY($6)) AS asked
CROSS JOIN LATERAL (
    SELECT *
    FROM reading
    WHERE sensor_id = asked.id
      AND time >= span.from_time AND time < span.to_time
      AND journal_id = span.journal_id AND seq > span.after AND seq <= span.upto
    OFFSET 0
) AS reading
ORDER BY reading.journal_id, reading.seq, reading.sensor_id, reading.time
