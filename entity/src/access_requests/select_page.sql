-- By the index on (created_at, id), backwards. $6 to $8 are null for any.
SELECT request.id, request.created_at, request.decided_at, request.key_id, request.issuer, request.subject,
       request.asker_name, api_key.prefix, request.dataset, request.reason, request.state, request.decided_by, request.note
FROM access_request AS request
LEFT JOIN api_key ON api_key.id = request.key_id
WHERE request.dataset = ANY ($1)
  AND (request.dataset = ANY ($2) OR request.key_id = $3 OR (request.issuer = $4 AND request.subject = $5))
  AND ($6::text IS NULL OR request.state = $6)
  AND ($7::timestamptz IS NULL OR (request.created_at, request.id) < ($7, $8::uuid))
ORDER BY request.created_at DESC, request.id DESC
LIMIT $9
