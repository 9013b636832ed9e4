-- One that is revoked already keeps its time.
UPDATE api_key
SET revoked_at = coalesce(revoked_at, $5)
WHERE id = $4 AND (owner_key = $1 OR (owner_issuer = $2 AND owner_subject = $3))
