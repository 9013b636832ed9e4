-- Those that somebody else deletes at this moment are left to them.
DELETE FROM session
WHERE sha256 IN (
    SELECT sha256 FROM session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
