UPDATE access_request
SET state = 'withdrawn', decided_at = $5
WHERE id = $4 AND state = 'pending' AND (key_id = $1 OR (issuer = $2 AND subject = $3))
