DELETE FROM access_request
WHERE id IN (SELECT id FROM access_request WHERE decided_at < $1 ORDER BY decided_at LIMIT $2)
