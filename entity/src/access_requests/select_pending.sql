SELECT request.id, request.created_at, request.decided_at, request.key_id, request.issuer, request.subject,
       request.asker_name, api_key.prefix, request.dataset, request.reason, request.state, request.decided_by, request.note
FROM access_request AS request
LEFT JOIN api_key ON api_key.id = request.key_id
WHERE (request.key_id = $1 OR (request.issuer = $2 AND request.subject = $3))
  AND request.dataset = $4 AND request.state = 'pending'
