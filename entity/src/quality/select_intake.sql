-- By the primary key (sensor_id, hour). No row of an hour means that nothing came.
SELECT asked.position,
       coalesce(sum(came.duplicates), 0)::int8,
       coalesce(sum(came.conflicting), 0)::int8,
       coalesce(sum(came.refused), 0)::int8
FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY
    AS asked (sensor_id, time_from, time_to, position)
LEFT JOIN sensor_intake AS came
    ON came.sensor_id = asked.sensor_id AND came.hour >= asked.time_from AND came.hour < asked.time_to
WHERE NOT EXISTS (SELECT FROM sensor_intake_kept AS kept WHERE kept.since > asked.time_from)
GROUP BY asked.position
