SELECT id, source, name, range_min, range_max, declared
FROM sensor
