SELECT table_name, keep_days, gone_before, readings_gone, changed_at, changed_by
FROM retention
