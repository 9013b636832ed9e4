-- Of each dataset by the index on (dataset, started_at, id). $2 and $3 are null for any.
SELECT newest.id, kind, dataset, sensor_id, started_at, ended_at, detail, sensor.name
FROM (SELECT DISTINCT slug FROM unnest($1::text[]) AS named (slug)) AS asked
CROSS JOIN LATERAL (
    SELECT id, kind, dataset, sensor_id, started_at, ended_at, detail
    FROM incident
    WHERE dataset = slug
      AND ($2::int4[] IS NULL OR sensor_id = ANY ($2))
      AND ($3::bool IS NULL OR (ended_at IS NULL) = $3)
    ORDER BY started_at DESC, id DESC
    LIMIT $4
) AS newest
LEFT JOIN sensor ON sensor.id = sensor_id
ORDER BY started_at DESC, newest.id DESC
