-- By the primary key (sensor_id, time).
SELECT asked.sensor_id, columns.times, columns.values, columns.flags
FROM unnest($1::int4[]) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(page.time ORDER BY page.time), '{}') AS times,
           coalesce(array_agg(page.value ORDER BY page.time), '{}') AS values,
           coalesce(array_agg(page.flag ORDER BY page.time), '{}') AS flags
    FROM (
        SELECT reading.time, reading.value, reading.flag
        FROM reading
        WHERE reading.sensor_id = asked.sensor_id AND reading.time >= $2 AND reading.time < $3
        ORDER BY reading.time
        LIMIT $4
    ) AS page
) AS columns
