-- Each row takes its slice of the sensors.
INSERT INTO rollup_dirty (bucket, wide, sensor_ids)
SELECT bucket, wide, ($5::int4[])[first:last]
FROM unnest($1::timestamptz[], $2::bool[], $3::int4[], $4::int4[]) AS note (bucket, wide, first, last)
