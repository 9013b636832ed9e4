SELECT id
FROM api_key
WHERE owner_key = $1 OR (owner_issuer = $2 AND owner_subject = $3)
ORDER BY (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)) DESC, created_at DESC, id
LIMIT $5
