-- least() leaves out what is null: what neither ends nor is withdrawn is never over. What is announced of the past counts
-- from when it was announced.
SELECT id, dataset, kind, title, text, starts_at, ends_at, created_at, changed_at, withdrawn_at
FROM (
    SELECT *, row_number() OVER (PARTITION BY dataset ORDER BY starts_at DESC, id) AS place
    FROM announcement
    WHERE greatest(coalesce(least(ends_at, withdrawn_at), 'infinity'), changed_at) >= $1
) AS ranked
WHERE place <= $2
ORDER BY starts_at DESC, id
