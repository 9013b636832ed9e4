-- Sensors are registered under growing numbers, and declared by lists only. Both tables are never deleted from.
SELECT coalesce((SELECT max(id) FROM sensor), 0)::int8, (SELECT count(*) FROM sensor_list)
