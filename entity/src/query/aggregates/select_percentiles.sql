-- $1 to $5: sensors, the numbers of their groups, and what makes the group's unit of their values; $6: the edges of buckets;
-- $7 to $8: the time within them; $9: flags; $10: fractions.
-- By the primary key (sensor_id, time). Values are converted only where they have to be, and then those that could overflow
-- are no numbers, and those that could vanish are 0.
SELECT member.number,
       width_bucket(met.time, $6::timestamptz[]) - 1,
       percentile_cont($10::float8[]) WITHIN GROUP (
           ORDER BY CASE WHEN member.scale = member.divisor AND member.origin = 0 THEN met.value
                         WHEN abs(met.value) >= 1e130 THEN 'NaN'
                         WHEN abs(met.value) < 1e-130 THEN member.origin / member.divisor
                         ELSE (met.value * member.scale + member.origin) / member.divisor END
       )
FROM unnest($1::int4[], $2::int4[], $3::float8[], $4::float8[], $5::float8[])
    AS member (sensor_id, number, scale, origin, divisor)
CROSS JOIN LATERAL (
    SELECT reading.time, reading.value
    FROM reading
    WHERE reading.sensor_id = member.sensor_id
      AND reading.time >= $7
      AND reading.time < $8
      AND reading.flag = ANY ($9)
    OFFSET 0
) AS met
GROUP BY 1, 2
