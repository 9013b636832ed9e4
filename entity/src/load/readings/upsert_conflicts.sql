-- Each value that is not served stands here once; the caller has merged what was there.
INSERT INTO reading_conflict (time, value, received_at, seq, sensor_id, flag, journal_id)
SELECT time, value, received_at, seq, sensor_id, flag, journal_id
FROM unnest($1::int4[], $2::timestamptz[], $3::float8[], $4::int2[], $5::timestamptz[], $6::int8[], $7::int2[])
    AS new (sensor_id, time, value, flag, received_at, seq, journal_id)
ON CONFLICT (sensor_id, time, value) DO UPDATE
SET value = EXCLUDED.value,
    received_at = EXCLUDED.received_at,
    seq = EXCLUDED.seq,
    flag = EXCLUDED.flag,
    journal_id = EXCLUDED.journal_id
