INSERT INTO quality_rules (version, rules, first_used_at)
VALUES ($1, $2, $3)
ON CONFLICT (version) DO NOTHING
