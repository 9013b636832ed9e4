-- By the primary key. A sensor 0 leaves what is counted as it is.
UPDATE quarantined_message AS message
SET code = tried.code,
    reason = tried.reason,
    sensor = coalesce(nullif(tried.sensor, ''), message.sensor),
    tried_by = $1,
    tried_at = $2,
    counted_sensor_id = CASE WHEN tried.sensor_id = 0 THEN message.counted_sensor_id ELSE tried.sensor_id END,
    counted_hour = CASE WHEN tried.sensor_id = 0 THEN message.counted_hour ELSE tried.hour END
FROM unnest($3::int2[], $4::int8[], $5::int2[], $6::text[], $7::text[], $8::text[], $9::int4[], $10::timestamptz[])
    AS tried (journal_id, seq, item, code, reason, sensor, sensor_id, hour)
WHERE message.journal_id = tried.journal_id AND message.seq = tried.seq AND message.item = tried.item
