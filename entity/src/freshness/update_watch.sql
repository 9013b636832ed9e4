-- The newest watch goes on until $1, where it was not broken off before $2. A clock that went back does not shorten it.
UPDATE freshness_watch
SET ended_at = greatest(ended_at, $1)
WHERE id = (SELECT max(id) FROM freshness_watch) AND ended_at >= $2 AND started_at <= $1
