-- Reads what is kept of seven days; for people.
SELECT message_id, event, subject, created_at, attempts, next_attempt_at, delivered_at, given_up_at, error, payload
FROM webhook_delivery
WHERE webhook_id = $1
ORDER BY id DESC
LIMIT $2
