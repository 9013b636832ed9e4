-- Who is noted for its own readings stays so.
INSERT INTO quality_due (window_seconds, window_start, due_at, sensor_id, is_neighbour)
SELECT $1, window_start, due_at, sensor_id, is_neighbour
FROM unnest($2::int4[], $3::timestamptz[], $4::timestamptz[], $5::bool[])
    AS due (sensor_id, window_start, due_at, is_neighbour)
ON CONFLICT (window_seconds, window_start, sensor_id) DO UPDATE
SET is_neighbour = quality_due.is_neighbour AND excluded.is_neighbour
