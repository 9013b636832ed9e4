UPDATE access_request
SET decided_at = $2, state = $3, decided_by = $4, note = $5
WHERE id = $1 AND state = 'pending'
