-- No row moves when another loader moved it first. Who listens on the channel is told at the commit.
WITH moved AS (
    UPDATE ingest_checkpoint
    SET seq = $3, epoch = epoch + 1, updated_at = now()
    WHERE journal_id = $1 AND consumer = 'loader' AND seq = $2
    RETURNING journal_id
)
SELECT pg_notify('fieldbook_loaded', $4)
FROM moved
