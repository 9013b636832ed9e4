-- By the primary key (sensor_id, hour). A row without counts stays: who measured the hour sees by it that they are others now.
UPDATE sensor_intake AS intake
SET refused = greatest(intake.refused - back.refused, 0)
FROM (
    SELECT sensor_id, hour, count(*) AS refused
    FROM unnest($1::int4[], $2::timestamptz[]) AS message (sensor_id, hour)
    GROUP BY sensor_id, hour
) AS back
WHERE intake.sensor_id = back.sensor_id AND intake.hour = back.hour
