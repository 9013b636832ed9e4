-- A key without a list opens all datasets, and stays so.
UPDATE api_key
SET datasets = CASE WHEN datasets IS NULL OR $2::text = ANY (datasets) THEN datasets ELSE datasets || $2::text END
WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
