INSERT INTO stewardship_change (changed_at, dataset, steward, credential, what, before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7)
