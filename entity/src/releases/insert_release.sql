INSERT INTO dataset_version (slug, major, minor, patch, released_at, schema, changes)
VALUES ($1, $2, $3, $4, $5, $6, $7)
