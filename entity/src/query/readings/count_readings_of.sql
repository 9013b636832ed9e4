-- By the primary key (sensor_id, time); it stops at $7.
SELECT count(*)
FROM (
    SELECT
    FROM reading
    WHERE time >= $1 AND time < $2
      AND ($3::int2[] IS NULL OR flag = ANY($3))
      AND ($4::float8 IS NULL OR value >= $4)
      AND ($5::float8 IS NULL OR value <= $5)
      AND sensor_id = ANY($6)
    LIMIT $7
) AS counted
