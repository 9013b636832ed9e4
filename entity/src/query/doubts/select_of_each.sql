-- By the primary key (sensor_id, time, test).
SELECT found.sensor_id, found.time, found.test, found.flag, found.rule_version
FROM unnest($1::int4[], $2::timestamptz[]) AS asked (sensor_id, time)
JOIN reading_flag AS found ON found.sensor_id = asked.sensor_id AND found.time = asked.time
ORDER BY found.sensor_id, found.time, found.test
