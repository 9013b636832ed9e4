-- Of each window, at most $7 of the readings that SampleRequest tells of; packed as packed.rs reads it, in the order of time.
-- By the primary key (sensor_id, time). The sensors stand in a SELECT for the reason that select_page_of_each_asc.sql says.
SELECT asked.position, packed.times, packed.received, packed.values, packed.flags
FROM unnest((SELECT $1::int4[]), $2::timestamptz[], $3::timestamptz[], $4::int4[], $5::bool[], $6::timestamptz[])
    WITH ORDINALITY AS asked (sensor_id, window_from, window_to, context, goes_on, behind, position)
CROSS JOIN LATERAL (
    SELECT (
               SELECT min(newest.time)
               FROM (
                   SELECT reading.time
                   FROM reading
                   WHERE reading.sensor_id = asked.sensor_id AND reading.time < asked.window_from
                   ORDER BY reading.time DESC
                   LIMIT asked.context
               ) AS newest
           ) AS any_from,
           CASE WHEN NOT asked.goes_on THEN (
               SELECT min(sound.time)
               FROM (
                   SELECT newest.time
                   FROM (
                       SELECT reading.time, reading.flag
                       FROM reading
                       WHERE reading.sensor_id = asked.sensor_id AND reading.time < asked.window_from
                       ORDER BY reading.time DESC
                       LIMIT $8
                   ) AS newest
                   WHERE newest.flag NOT IN (4, 9)
                   LIMIT asked.context
               ) AS sound
           ) END AS sound_from,
           (
               SELECT reading.time
               FROM reading
               WHERE reading.sensor_id = asked.sensor_id AND reading.time >= asked.window_to
               ORDER BY reading.time
               LIMIT 1
           ) AS any_to,
           (
               SELECT next.time
               FROM (
                   SELECT reading.time, reading.flag
                   FROM reading
                   WHERE reading.sensor_id = asked.sensor_id AND reading.time >= asked.window_to
                   ORDER BY reading.time
                   LIMIT $8
               ) AS next
               WHERE next.flag NOT IN (4, 9)
               LIMIT 1
           ) AS sound_to
    -- Each is looked up once, and not again for each reading.
    OFFSET 0
) AS edge
CROSS JOIN LATERAL (
    SELECT string_agg(timestamptz_send(page.time), '') AS times,
           string_agg(timestamptz_send(page.received_at), '') AS received,
           string_agg(float8send(page.value), '') AS values,
           string_agg(int2send(page.flag), '') AS flags
    FROM (
        SELECT reading.time, reading.received_at, reading.value, reading.flag
        FROM reading
        WHERE reading.sensor_id = asked.sensor_id
          AND reading.time >= CASE WHEN asked.goes_on THEN asked.behind + INTERVAL '1 microsecond'
                                   ELSE LEAST(asked.window_from, edge.any_from, edge.sound_from) END
          AND reading.time <= coalesce(GREATEST(edge.any_to, edge.sound_to), asked.window_to)
          -- Farther away, those that are not sound don't matter, and there may be very many.
          AND (reading.flag NOT IN (4, 9)
               OR reading.time BETWEEN coalesce(edge.any_from, asked.window_from)
                                   AND coalesce(edge.any_to, asked.window_to))
        ORDER BY reading.time
        LIMIT $7
    ) AS page
) AS packed
