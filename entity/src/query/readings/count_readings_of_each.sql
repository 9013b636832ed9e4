-- By the primary key (sensor_id, time); it stops at $4 of each sensor.
SELECT asked.sensor_id, counted.readings
FROM unnest($1::int4[]) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS readings
    FROM (
        SELECT
        FROM reading
        WHERE reading.sensor_id = asked.sensor_id AND reading.time >= $2 AND reading.time < $3
        LIMIT $4
    ) AS page
) AS counted
