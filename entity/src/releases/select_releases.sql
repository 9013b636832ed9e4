SELECT slug, major, minor, patch, released_at, schema, changes
FROM dataset_version
ORDER BY slug, major DESC, minor DESC, patch DESC
