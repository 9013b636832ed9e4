-- $8 readings at most of each sensor, by the primary key (sensor_id, time); packed as packed.rs reads it. The aggregates take
-- the rows as the subquery sorts them. The sensors stand in a SELECT so that the planner does not count them: where fewer than its
-- ten of unknown ones look cheaper, it plans every call anew, which takes as long as a small page.
SELECT asked.sensor_id, packed.times, packed.values, packed.flags, packed.received, packed.journals, packed.seqs
FROM unnest((SELECT $9::int4[])) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT string_agg(timestamptz_send(page.time), '') AS times,
           string_agg(float8send(page.value), '') AS values,
           string_agg(int2send(page.flag), '') AS flags,
           string_agg(timestamptz_send(page.received_at), '') FILTER (WHERE $10) AS received,
           string_agg(int2send(page.journal_id), '') FILTER (WHERE $10) AS journals,
           string_agg(int8send(page.seq), '') FILTER (WHERE $10) AS seqs
    FROM (
        SELECT reading.time, reading.value, reading.flag, reading.received_at, reading.journal_id, reading.seq
        FROM reading
        WHERE reading.sensor_id = asked.sensor_id
          AND reading.time >= $1 AND reading.time < $2
          AND ($3::int2[] IS NULL OR reading.flag = ANY($3))
          AND ($4::float8 IS NULL OR reading.value >= $4)
          AND ($5::float8 IS NULL OR reading.value <= $5)
          AND ($6::timestamptz IS NULL OR (reading.time, reading.sensor_id) > ($6, $7::int4))
        ORDER BY reading.time
        LIMIT $8
    ) AS page
) AS packed
