INSERT INTO access_grant (granted_at, issuer, subject, dataset, granted_by)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (issuer, subject, dataset) DO UPDATE SET granted_by = excluded.granted_by
