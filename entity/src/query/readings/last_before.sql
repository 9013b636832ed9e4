-- By the primary key (sensor_id, time), backwards: one probe a sensor, or one a chunk until a reading is found.
SELECT asked.sensor_id, last.time, last.value
FROM unnest($1::int4[]) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT reading.time, reading.value
    FROM reading
    WHERE reading.sensor_id = asked.sensor_id
      AND reading.time >= $2
      AND reading.time < $3
      AND reading.flag = ANY ($4)
    ORDER BY reading.time DESC
    LIMIT 1
) AS last
