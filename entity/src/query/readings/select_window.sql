-- A window of time, all sensors or those of $6: by the BRIN index on time. One row, packed as packed.rs reads it: a row for
-- each reading costs several times as much to send and to read.
-- No order: sorting numbers outside of the database costs a tenth. At $7 readings the caller takes a shorter window.
SELECT string_agg(timestamptz_send(found.time), ''), string_agg(float8send(found.value), ''),
       string_agg(int4send(found.sensor_id), ''), string_agg(int2send(found.flag), ''),
       string_agg(timestamptz_send(found.received_at), '')
FROM (
    -- With $8 known while it is planned, received_at is not even read where it is not wanted.
    SELECT time, value, sensor_id, flag, CASE WHEN $8::bool THEN received_at END AS received_at
    FROM reading
    WHERE time >= $1 AND time < $2
      AND ($3::int2[] IS NULL OR flag = ANY($3))
      AND ($4::float8 IS NULL OR value >= $4)
      AND ($5::float8 IS NULL OR value <= $5)
      -- Hashed, however many there are.
      AND ($6::int4[] IS NULL OR sensor_id IN (SELECT unnest($6::int4[])))
    LIMIT $7
) AS found
