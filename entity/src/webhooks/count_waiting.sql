-- By the partial index webhook_delivery_waiting.
SELECT count(*)
FROM webhook_delivery
WHERE delivered_at IS NULL AND given_up_at IS NULL
