-- One row, whether there are journals or not.
SELECT (SELECT count(*) FROM sensor),
       coalesce(array_agg(journal_id ORDER BY journal_id), '{}'),
       coalesce(array_agg(seq ORDER BY journal_id), '{}')
FROM ingest_checkpoint
WHERE consumer = 'loader'
