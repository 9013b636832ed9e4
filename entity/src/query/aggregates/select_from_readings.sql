-- By the primary key (sensor_id, time). Bucket $2[n] starts at edge n; width_bucket counts from 1.
SELECT sensor_id, bucket, count(*) FILTER (WHERE counted), sum(value) FILTER (WHERE counted),
       var_pop(value) FILTER (WHERE counted) * count(*) FILTER (WHERE counted),
       min(value) FILTER (WHERE counted), max(value) FILTER (WHERE counted),
       (array_agg(value ORDER BY time) FILTER (WHERE counted))[1],
       (array_agg(value ORDER BY time DESC) FILTER (WHERE counted))[1],
       count(*) FILTER (WHERE flag = 3), count(*) FILTER (WHERE flag = 4)
FROM (
    SELECT sensor_id, time, value, flag, flag <> 4 OR $5 AS counted, width_bucket(time, $2::timestamptz[]) - 1 AS bucket
    FROM reading
    WHERE sensor_id = ANY ($1::int4[]) AND time >= $3 AND time < $4
) AS placed
GROUP BY sensor_id, bucket
ORDER BY sensor_id, bucket
