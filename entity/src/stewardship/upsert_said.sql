INSERT INTO stewardship (dataset, said, changed_at)
VALUES ($1, $2, $3)
ON CONFLICT (dataset) DO UPDATE SET said = excluded.said, changed_at = excluded.changed_at
