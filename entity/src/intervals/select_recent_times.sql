-- By the primary key of reading (sensor_id, time), backwards.
SELECT asked.sensor_id, array_agg(recent.time ORDER BY recent.time)
FROM unnest($1::int4[]) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT reading.time
    FROM reading
    WHERE reading.sensor_id = asked.sensor_id AND reading.time > $2 AND reading.time <= $3
    ORDER BY reading.time DESC
    LIMIT $4
) AS recent
GROUP BY asked.sensor_id
