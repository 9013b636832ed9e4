SELECT count(*)
FROM announcement
WHERE dataset = $1 AND withdrawn_at IS NULL AND coalesce(ends_at, 'infinity') > $2
