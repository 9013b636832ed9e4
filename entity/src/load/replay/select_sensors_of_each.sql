-- By the unique index (source, name).
SELECT sensor.id, sensor.source, sensor.name, sensor.range_min, sensor.range_max, sensor.declared, asked.position
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (source, name, position)
JOIN sensor ON sensor.source = asked.source AND sensor.name = asked.name
