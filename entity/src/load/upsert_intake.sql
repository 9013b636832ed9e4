-- By the primary key (sensor_id, hour), in its order.
INSERT INTO sensor_intake (sensor_id, hour, duplicates, conflicting, refused)
SELECT sensor_id, hour, duplicates, conflicting, refused
FROM unnest($1::int4[], $2::timestamptz[], $3::int8[], $4::int8[], $5::int8[])
    AS came (sensor_id, hour, duplicates, conflicting, refused)
ON CONFLICT (sensor_id, hour) DO UPDATE
SET duplicates = sensor_intake.duplicates + EXCLUDED.duplicates,
    conflicting = sensor_intake.conflicting + EXCLUDED.conflicting,
    refused = sensor_intake.refused + EXCLUDED.refused
