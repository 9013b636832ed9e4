INSERT INTO ingest_checkpoint (seq, updated_at, journal_id, consumer)
VALUES (0, $2, $1, 'loader')
ON CONFLICT (journal_id, consumer) DO NOTHING
