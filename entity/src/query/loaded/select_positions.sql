SELECT journal.id, journal.uuid, ingest_checkpoint.seq
FROM ingest_checkpoint
JOIN journal ON journal.id = ingest_checkpoint.journal_id
WHERE ingest_checkpoint.consumer = 'loader'
ORDER BY journal.id
