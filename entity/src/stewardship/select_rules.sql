SELECT sensor_uuid, sensor_type, rules FROM quality_rule_override
