-- By the primary key (sensor_id, time); packed as packed.rs reads it. The aggregates take the rows as the subquery sorts them.
-- The sensors stand in a SELECT for the reason that select_page_of_each_asc.sql says.
SELECT asked.sensor_id, columns.times, columns.values, columns.flags
FROM unnest((SELECT $1::int4[])) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT string_agg(timestamptz_send(page.time), '') AS times,
           string_agg(float8send(page.value), '') AS values,
           string_agg(int2send(page.flag), '') AS flags
    FROM (
        SELECT reading.time, reading.value, reading.flag
        FROM reading
        WHERE reading.sensor_id = asked.sensor_id AND reading.time >= $2 AND reading.time < $3
        ORDER BY reading.time
        LIMIT $4
    ) AS page
) AS columns
