INSERT INTO known_subject (seen_at, issuer, subject, role, datasets)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (issuer, subject) DO UPDATE
SET seen_at = excluded.seen_at, role = excluded.role, datasets = excluded.datasets
