-- Waiting ones by the partial index webhook_delivery_waiting.
SELECT id, created_at, url, events, dataset, disabled_at, disabled_reason, dropped,
       (
           SELECT count(*)
           FROM webhook_delivery
           WHERE webhook_id = webhook.id AND delivered_at IS NULL AND given_up_at IS NULL
       )
FROM webhook
ORDER BY created_at DESC, id
