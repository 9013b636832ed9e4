-- Nulls count as the same, so there is one row for everything.
INSERT INTO quality_rule_override (sensor_uuid, sensor_type, rules, changed_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (sensor_uuid, sensor_type) DO UPDATE SET rules = excluded.rules, changed_at = excluded.changed_at
