INSERT INTO reading_flag (sensor_id, time, test, flag, rule_version)
SELECT sensor_id, time, test, flag, rule_version
FROM unnest($1::int4[], $2::timestamptz[], $3::text[], $4::int2[], $5::int8[])
    AS flagged (sensor_id, time, test, flag, rule_version)
