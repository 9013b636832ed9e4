INSERT INTO freshness_watch (started_at, ended_at)
VALUES ($1, $1)
