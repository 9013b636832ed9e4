-- By the primary key.
SELECT id, started_at, ended_at
FROM freshness_watch
WHERE id >= $1
ORDER BY id
