-- No row moves when another loader moved it first.
UPDATE ingest_checkpoint
SET seq = $3, epoch = epoch + 1, updated_at = now()
WHERE journal_id = $1 AND consumer = 'loader' AND seq = $2
