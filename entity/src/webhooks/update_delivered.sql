-- Also one that was given up meanwhile, by whoever switched its webhook off: the receiver has it.
UPDATE webhook_delivery
SET delivered_at = $2, given_up_at = NULL, error = NULL
WHERE id = $1 AND delivered_at IS NULL
