-- Arrays have no nulls: 0 is no sensor. One that is open already, by incident_open, goes on.
INSERT INTO incident (id, kind, dataset, sensor_id, started_at, detail)
SELECT id, kind, dataset, nullif(sensor_id, 0), started_at, detail
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int4[], $5::timestamptz[], $6::text[])
    AS new (id, kind, dataset, sensor_id, started_at, detail)
ON CONFLICT (kind, dataset, coalesce(sensor_id, 0)) WHERE ended_at IS NULL DO NOTHING
RETURNING id, kind, dataset, sensor_id, started_at, ended_at, detail
