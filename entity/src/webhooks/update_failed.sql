-- Unless another sender has taken it since.
UPDATE webhook_delivery
SET next_attempt_at = $2, error = $3
WHERE id = $1 AND attempts = $4 AND delivered_at IS NULL AND given_up_at IS NULL
