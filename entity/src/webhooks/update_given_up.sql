UPDATE webhook_delivery
SET given_up_at = $2, error = $3
WHERE id = $1 AND delivered_at IS NULL AND given_up_at IS NULL
