-- What waits is given up with it. By the partial index webhook_delivery_waiting.
WITH given_up AS (
    UPDATE webhook_delivery
    SET given_up_at = $2, error = $3
    WHERE webhook_id = $1 AND delivered_at IS NULL AND given_up_at IS NULL
)
UPDATE webhook
SET disabled_at = coalesce(disabled_at, $2), disabled_reason = coalesce(disabled_reason, $3)
WHERE id = $1
