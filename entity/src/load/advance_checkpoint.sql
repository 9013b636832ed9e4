-- Moves the loader's checkpoint of the journal $1 over the segments that follow on it and are whole in the books, each found
-- by the primary key (journal_id, first_seq). A checkpoint that another loader has moved further stays.
WITH RECURSIVE reached AS (
    SELECT seq
    FROM ingest_checkpoint
    WHERE journal_id = $1 AND consumer = 'loader'
    UNION ALL
    SELECT next.last_seq
    FROM reached
    CROSS JOIN LATERAL (
        SELECT last_seq, messages, decoded + quarantined AS counted
        FROM segment
        WHERE journal_id = $1 AND first_seq <= reached.seq + 1
        ORDER BY first_seq DESC
        LIMIT 1
    ) AS next
    WHERE next.last_seq > reached.seq AND next.messages = next.counted
)
UPDATE ingest_checkpoint
SET seq = furthest.seq, epoch = epoch + 1, updated_at = now()
FROM (SELECT max(seq) AS seq FROM reached) AS furthest
WHERE ingest_checkpoint.journal_id = $1
  AND ingest_checkpoint.consumer = 'loader'
  AND ingest_checkpoint.seq < furthest.seq
