-- By the primary key.
SELECT id, dataset, kind, title, text, starts_at, ends_at, created_at, changed_at, withdrawn_at
FROM announcement
WHERE id = $1
