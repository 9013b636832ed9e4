DROP TABLE quality_progress, quality_due, reading_flag, quality_measurement, quality_rules;
