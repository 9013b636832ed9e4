-- Up to $3 rows of the sensor $1 from before $2, the oldest first. By the primary key (sensor_id, time).
DELETE FROM reading
WHERE sensor_id = $1
  AND time <= (
      SELECT max(time)
      FROM (SELECT time FROM reading WHERE sensor_id = $1 AND time < $2 ORDER BY time LIMIT $3) AS oldest
  )
