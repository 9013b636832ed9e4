-- One row, whether there are journals or not. Of sensors, what their readings change: which there are, since when, how often;
-- and what came in that had been set aside, or from the archive, whose positions may lie behind checkpoints already.
SELECT (
           SELECT concat_ws(' ', count(*), sum(extract(epoch FROM active_since)), sum(expected_interval_seconds),
                          (SELECT concat_ws('/', count(*), max(id), sum(replayed)) FROM quarantine_replay),
                          (SELECT concat_ws('/', max(id), sum(transactions)) FROM archive_replay))
           FROM sensor
       ),
       coalesce(array_agg(journal_id ORDER BY journal_id), '{}'),
       coalesce(array_agg(seq ORDER BY journal_id), '{}')
FROM ingest_checkpoint
WHERE consumer = 'loader'
