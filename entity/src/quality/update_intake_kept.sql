-- GREATEST passes over nulls.
UPDATE sensor_intake_kept
SET since = GREATEST(since, $1)
WHERE since IS DISTINCT FROM GREATEST(since, $1)
