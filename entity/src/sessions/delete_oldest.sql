DELETE FROM session
WHERE sha256 IN (
    SELECT sha256
    FROM session
    WHERE key_id = $1 OR (issuer = $2 AND subject = $3)
    ORDER BY created_at DESC, sha256
    OFFSET $4
)
