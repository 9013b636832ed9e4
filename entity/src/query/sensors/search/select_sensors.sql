-- Sensors in whose descriptions all of $1 is, by the index sensor_terms, the best first: whose name is the text $2, begins with
-- it, has the words whole ($3), has them in the name ($4). $5 are the sensors that the asker may see, all when null.
SELECT sensor.id, sensor.uuid, sensor.source, sensor.name, sensor.type, sensor.unit, sensor.unit_ucum, sensor.unit_qudt,
       sensor.unit_quantity_kind, sensor.unit_symbol, sensor.description, sensor.lat, sensor.lng, sensor.range_min,
       sensor.range_max, sensor.labels, sensor.expected_interval_seconds, sensor.declared, sensor.active_since
FROM sensor
WHERE sensor.terms @@ to_tsquery('simple', $1)
  AND ($5::int4[] IS NULL OR sensor.id = ANY($5))
ORDER BY lower(sensor.name) = $2 DESC,
         starts_with(lower(sensor.name), $2) DESC,
         sensor.terms @@ to_tsquery('simple', $3) DESC,
         sensor.terms @@ to_tsquery('simple', $4) DESC,
         sensor.name,
         sensor.source
LIMIT $6
