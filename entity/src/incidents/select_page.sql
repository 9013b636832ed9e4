-- By the index on (started_at, id). $1 to $6 are null for any.
SELECT id, kind, dataset, sensor_id, started_at, ended_at, detail
FROM incident
WHERE ($1::text[] IS NULL OR dataset = ANY ($1))
  AND ($2::int4[] IS NULL OR sensor_id = ANY ($2))
  AND ($3::text[] IS NULL OR kind = ANY ($3))
  AND ($4::bool IS NULL OR (ended_at IS NULL) = $4)
  AND ($5::timestamptz IS NULL OR coalesce(ended_at, 'infinity') >= $5)
  AND ($6::timestamptz IS NULL OR started_at < $6)
  AND ($7::timestamptz IS NULL OR (started_at, id) < ($7, $8::uuid))
ORDER BY started_at DESC, id DESC
LIMIT $9
