SELECT
    count(*),
    min(lat) FILTER (WHERE lng IS NOT NULL),
    min(lng) FILTER (WHERE lat IS NOT NULL),
    max(lat) FILTER (WHERE lng IS NOT NULL),
    max(lng) FILTER (WHERE lat IS NOT NULL),
    mode() WITHIN GROUP (ORDER BY expected_interval_seconds),
    coalesce(array_agg(DISTINCT unit_quantity_kind) FILTER (WHERE unit_quantity_kind IS NOT NULL), '{}'),
    coalesce(array_agg(DISTINCT unit_ucum) FILTER (WHERE unit_ucum IS NOT NULL), '{}')
FROM sensor
