-- By the primary key, backwards. $2 is null for the newest.
SELECT id, changed_at, dataset, steward, credential, what, before, after
FROM stewardship_change
WHERE dataset = ANY ($1) AND ($2::int8 IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3
