-- By the index sensor_name and the unique key of uuid. $3 are the sensors that the asker may see, all when null; with $4 each
-- comes with its latest reading, by the primary key of reading, backwards. The lists
-- stand in SELECTs so that the planner does not count them: where fewer than its ten of unknown ones look cheaper, it plans
-- every call anew, which takes longer than the call.
SELECT sensor.id, sensor.uuid, sensor.source, sensor.name, sensor.type, sensor.unit, sensor.unit_ucum, sensor.unit_qudt,
       sensor.unit_quantity_kind, sensor.unit_symbol, sensor.description, sensor.lat, sensor.lng, sensor.range_min,
       sensor.range_max, sensor.labels, sensor.expected_interval_seconds, sensor.declared, sensor.active_since,
       latest.sensor_id, latest.time, latest.value, latest.flag, latest.received_at, latest.journal_id, latest.seq
FROM (
    SELECT sensor.*
    FROM sensor
    WHERE sensor.name = ANY((SELECT $1::text[])::text[])
    UNION ALL
    SELECT sensor.*
    FROM sensor
    WHERE sensor.uuid = ANY((SELECT $2::uuid[])::uuid[]) AND sensor.name <> ALL((SELECT $1::text[])::text[])
) AS sensor
LEFT JOIN LATERAL (
    SELECT reading.sensor_id, reading.time, reading.value, reading.flag, reading.received_at, reading.journal_id, reading.seq
    FROM reading
    WHERE $4 AND reading.sensor_id = sensor.id
    ORDER BY reading.time DESC
    LIMIT 1
) AS latest ON true
WHERE $3::int4[] IS NULL OR sensor.id = ANY($3)
