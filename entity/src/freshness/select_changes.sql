-- By the primary key.
SELECT id, changed_at, sensor_id, dataset, status
FROM freshness_change
WHERE id > $1
ORDER BY id
