-- By the primary key. Who announced it first stays.
INSERT INTO announcement
    (id, dataset, kind, title, text, starts_at, ends_at, created_at, changed_at, withdrawn_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (id) DO UPDATE SET
    kind = excluded.kind,
    title = excluded.title,
    text = excluded.text,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    changed_at = excluded.changed_at,
    withdrawn_at = excluded.withdrawn_at
