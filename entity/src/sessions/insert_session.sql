INSERT INTO session (created_at, expires_at, seen_at, key_id, sha256, issuer, subject, display_name, role, datasets)
VALUES ($1, $2, $1, $3, $4, $5, $6, $7, $8, $9)
