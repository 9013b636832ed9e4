DELETE FROM quality_rule_override
WHERE sensor_uuid IS NOT DISTINCT FROM $1::uuid AND sensor_type IS NOT DISTINCT FROM $2::text
