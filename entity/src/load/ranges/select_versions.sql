-- By the primary key (sensor_id, valid_from).
SELECT sensor_id, valid_from, (metadata ->> 'range_min')::float8, (metadata ->> 'range_max')::float8
FROM sensor_version
ORDER BY sensor_id, valid_from
