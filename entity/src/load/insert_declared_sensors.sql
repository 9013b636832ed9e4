-- Sensors that neither a message nor a list has named yet. The anti-join spares numbers: an insert that meets its like
-- still uses one up. ON CONFLICT is for a loader that registers the same sensor at this moment.
INSERT INTO sensor (uuid, source, name, declared, active_since)
SELECT declared.uuid, $2, declared.name, true, $3
FROM jsonb_to_recordset($1::jsonb) AS declared (uuid uuid, name text)
WHERE NOT EXISTS (SELECT FROM sensor WHERE sensor.source = $2 AND sensor.name = declared.name)
ORDER BY declared.name
ON CONFLICT DO NOTHING
