-- By the primary key.
SELECT id, uuid, source, name
FROM sensor
WHERE id = ANY ($1)
