-- By the partial index webhook_delivery_over.
DELETE FROM webhook_delivery
WHERE (delivered_at IS NOT NULL OR given_up_at IS NOT NULL) AND coalesce(delivered_at, given_up_at) < $1
