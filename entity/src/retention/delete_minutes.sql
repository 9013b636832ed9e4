-- Up to $3 rows of the sensor $1 from before $2, the oldest first. By the primary key (sensor_id, bucket).
DELETE FROM reading_1m
WHERE sensor_id = $1
  AND bucket <= (
      SELECT max(bucket)
      FROM (SELECT bucket FROM reading_1m WHERE sensor_id = $1 AND bucket < $2 ORDER BY bucket LIMIT $3) AS oldest
  )
