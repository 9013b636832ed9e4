-- In the order given, which is that of their numbers. Arrays have no nulls: 0 is no sensor, '' no dataset.
INSERT INTO freshness_change (changed_at, sensor_id, dataset, status)
SELECT changed_at, nullif(sensor_id, 0), nullif(dataset, ''), status
FROM unnest($1::timestamptz[], $2::int4[], $3::text[], $4::text[])
    WITH ORDINALITY AS new (changed_at, sensor_id, dataset, status, number)
ORDER BY number
