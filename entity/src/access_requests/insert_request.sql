INSERT INTO access_request (id, created_at, key_id, issuer, subject, asker_name, dataset, reason, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending')
