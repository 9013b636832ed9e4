-- Only the rows that were read: one that changed since is left alone, and the caller tries again.
-- By the primary key (sensor_id, time).
UPDATE reading
SET value = new.value, flag = new.flag, received_at = new.received_at, seq = new.seq, journal_id = new.journal_id
FROM unnest($1::int4[], $2::timestamptz[], $3::int8[], $4::int2[], $5::float8[], $6::int2[], $7::timestamptz[],
            $8::int8[], $9::int2[])
    AS new (sensor_id, time, old_seq, old_journal_id, value, flag, received_at, seq, journal_id)
WHERE reading.sensor_id = new.sensor_id AND reading.time = new.time
  AND reading.time BETWEEN $10 AND $11
  AND reading.seq = new.old_seq AND reading.journal_id = new.old_journal_id
