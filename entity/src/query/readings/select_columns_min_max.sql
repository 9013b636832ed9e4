-- By the primary key (sensor_id, time). $4 points at most a sensor, from $5 slices of equal length.
-- A reading is packed into an array of value, microseconds since the range began, and flag, whose order is the order
-- wanted: min() gives the lowest, max() the highest, and of equal ones the earliest. Doubles hold the microseconds exactly.
SELECT asked.sensor_id, columns.times, columns.values, columns.flags, counted.more
FROM unnest($1::int4[]) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT count(*) > $4 AS more
    FROM (
        SELECT
        FROM reading
        WHERE reading.sensor_id = asked.sensor_id AND reading.time >= $2 AND reading.time < $3
        LIMIT $4 + 1
    ) AS page
) AS counted
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(point.time ORDER BY point.time), '{}') AS times,
           coalesce(array_agg(point.value ORDER BY point.time), '{}') AS values,
           coalesce(array_agg(point.flag ORDER BY point.time), '{}') AS flags
    FROM (
        SELECT reading.time, reading.value, reading.flag
        FROM reading
        WHERE NOT counted.more
          AND reading.sensor_id = asked.sensor_id AND reading.time >= $2 AND reading.time < $3
        UNION ALL
        (
            -- The lowest and the highest of a slice may be the same reading: UNION keeps it once.
            SELECT $2::timestamptz + packed[2] * INTERVAL '1 microsecond', packed[1], packed[3]::int2
            FROM (
                WITH slice AS (
                    SELECT min(ARRAY[placed.value, placed.micros, placed.flag]) AS lowest,
                           max(ARRAY[placed.value, -placed.micros, placed.flag]) AS highest
                    FROM (
                        SELECT reading.value,
                               round(date_part('epoch', reading.time - $2) * 1e6) AS micros,
                               reading.flag::float8 AS flag,
                               width_bucket(date_part('epoch', reading.time - $2), 0,
                                            date_part('epoch', $3::timestamptz - $2::timestamptz), $5) AS slice
                        FROM reading
                        WHERE counted.more
                          AND reading.sensor_id = asked.sensor_id AND reading.time >= $2 AND reading.time < $3
                    ) AS placed
                    GROUP BY placed.slice
                )
                SELECT lowest FROM slice
                UNION
                SELECT ARRAY[highest[1], -highest[2], highest[3]] FROM slice
            ) AS kept (packed)
            ORDER BY 1
            LIMIT $4
        )
    ) AS point (time, value, flag)
) AS columns
