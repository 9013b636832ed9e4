-- The sensor's row shows the version without an end. Rows that would not change are left alone.
WITH latest AS (
    SELECT sensor.id, metadata.*
    FROM jsonb_to_recordset($1::jsonb) AS declared (name text)
    JOIN sensor ON sensor.source = $2 AND sensor.name = declared.name
    JOIN sensor_version AS version ON version.sensor_id = sensor.id AND version.valid_to IS NULL
    CROSS JOIN LATERAL jsonb_to_record(version.metadata) AS metadata (
        type text, unit text, unit_ucum text, unit_qudt text, unit_quantity_kind text, unit_symbol text,
        description text, lat float8, lng float8, range_min float8, range_max float8, labels jsonb,
        expected_interval_seconds float8
    )
)
UPDATE sensor
SET type = latest.type,
    unit = latest.unit,
    unit_ucum = latest.unit_ucum,
    unit_qudt = latest.unit_qudt,
    unit_quantity_kind = latest.unit_quantity_kind,
    unit_symbol = latest.unit_symbol,
    description = latest.description,
    lat = latest.lat,
    lng = latest.lng,
    range_min = latest.range_min,
    range_max = latest.range_max,
    labels = coalesce(latest.labels, '{}'),
    expected_interval_seconds = latest.expected_interval_seconds,
    declared = true,
    active_since = LEAST(sensor.active_since, $3)
FROM latest
WHERE sensor.id = latest.id
  AND (sensor.type, sensor.unit, sensor.unit_ucum, sensor.unit_qudt, sensor.unit_quantity_kind, sensor.unit_symbol,
       sensor.description, sensor.lat, sensor.lng, sensor.range_min, sensor.range_max, sensor.labels,
       sensor.expected_interval_seconds, sensor.declared, sensor.active_since)
      IS DISTINCT FROM
      (latest.type, latest.unit, latest.unit_ucum, latest.unit_qudt, latest.unit_quantity_kind, latest.unit_symbol,
       latest.description, latest.lat, latest.lng, latest.range_min, latest.range_max, coalesce(latest.labels, '{}'),
       latest.expected_interval_seconds, true, LEAST(sensor.active_since, $3))
