SELECT count(*)
FROM access_request
WHERE (key_id = $1 OR (issuer = $2 AND subject = $3)) AND created_at > $4
