-- The key (journal_id, seq, item) makes a replay harmless.
INSERT INTO quarantined_message (
    received_at, seq, payload_size, journal_id, item, source, topic, code, reason, sensor, payload,
    counted_sensor_id, counted_hour, imported
)
SELECT received_at, seq, payload_size, $1, item, source, topic, code, reason, nullif(sensor, ''), payload,
       nullif(counted_sensor_id, 0), CASE WHEN counted_sensor_id <> 0 THEN counted_hour END, imported
FROM unnest($2::timestamptz[], $3::int8[], $4::int2[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::bytea[], $11::int8[], $12::int4[], $13::timestamptz[], $14::bool[])
    AS message (received_at, seq, item, source, topic, code, reason, sensor, payload, payload_size, counted_sensor_id,
                counted_hour, imported)
ORDER BY seq, item
ON CONFLICT (journal_id, seq, item) DO NOTHING
