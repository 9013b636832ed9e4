-- By the primary key, backwards. $1 and $2 are null for any.
SELECT id, code, source, sensor, received_from, received_to, journal_id, seq, item, requested_by, requested_at, taken_at,
    finished_at, requested, replayed, failed
FROM quarantine_replay
WHERE ($1::bool IS NULL OR (finished_at IS NULL) = $1)
  AND ($2::int8 IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3
