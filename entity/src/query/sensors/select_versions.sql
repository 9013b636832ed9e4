-- $5 versions at most of each sensor, the newest first, by the primary key (sensor_id, valid_from), backwards; with each the
-- description that was in force just before it. $2 to $3 is a half-open range: a version counts when it was in force in it.
SELECT asked.sensor_id, version.valid_from, version.valid_to, version.metadata, before.metadata
FROM unnest((SELECT $1::int4[])) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT each.valid_from, each.valid_to, each.metadata
    FROM sensor_version AS each
    WHERE each.sensor_id = asked.sensor_id
      AND ($2::timestamptz IS NULL OR each.valid_to IS NULL OR each.valid_to > $2)
      AND ($3::timestamptz IS NULL OR each.valid_from < $3)
      AND ($4::timestamptz IS NULL OR each.valid_from < $4)
    ORDER BY each.valid_from DESC
    LIMIT $5
) AS version
LEFT JOIN LATERAL (
    SELECT each.metadata
    FROM sensor_version AS each
    WHERE each.sensor_id = asked.sensor_id AND each.valid_from < version.valid_from
    ORDER BY each.valid_from DESC
    LIMIT 1
) AS before ON true
ORDER BY asked.sensor_id, version.valid_from DESC
