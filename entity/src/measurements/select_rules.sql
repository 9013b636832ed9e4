SELECT version, rules FROM quality_rules
