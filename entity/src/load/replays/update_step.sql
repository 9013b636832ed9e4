-- No row when another process has taken a step since, or the replay was given up.
UPDATE archive_replay
SET transactions = transactions + 1,
    messages = messages + $3,
    segments = segments + CASE WHEN $4::text IS NULL THEN 0 ELSE 1 END,
    behind = coalesce($4::text, behind)
WHERE id = $1 AND transactions = $2 AND finished_at IS NULL
