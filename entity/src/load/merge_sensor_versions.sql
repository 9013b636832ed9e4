-- A version for each sensor whose metadata differs from what was in force when the list came.
-- Cases, with the list received at T:
--   in force since before T, equal        nothing
--   in force since before T, different    it ends at T; a version from T on, until the next one where there is one
--   in force since T, different           it is replaced: two lists in the same microsecond, the later applied counts
--   none in force                         a version from T on
WITH declared AS (
    SELECT sensor.id, declared.metadata, in_force.valid_from AS in_force_from, later.valid_from AS later_from
    FROM jsonb_to_recordset($1::jsonb) AS declared (name text, metadata jsonb)
    JOIN sensor ON sensor.source = $2 AND sensor.name = declared.name
    LEFT JOIN LATERAL (
        SELECT version.valid_from, version.metadata
        FROM sensor_version AS version
        WHERE version.sensor_id = sensor.id AND version.valid_from <= $3
        ORDER BY version.valid_from DESC
        LIMIT 1
    ) AS in_force ON true
    LEFT JOIN LATERAL (
        SELECT version.valid_from
        FROM sensor_version AS version
        WHERE version.sensor_id = sensor.id AND version.valid_from > $3
        ORDER BY version.valid_from
        LIMIT 1
    ) AS later ON true
    WHERE in_force.metadata IS DISTINCT FROM declared.metadata
), changed AS (
    UPDATE sensor_version AS version
    SET metadata = CASE WHEN version.valid_from = $3 THEN declared.metadata ELSE version.metadata END,
        valid_to = CASE WHEN version.valid_from = $3 THEN version.valid_to ELSE $3 END
    FROM declared
    WHERE version.sensor_id = declared.id AND version.valid_from = declared.in_force_from
)
INSERT INTO sensor_version (sensor_id, valid_from, valid_to, metadata)
SELECT id, $3, later_from, metadata
FROM declared
WHERE in_force_from IS DISTINCT FROM $3
