-- What it is about is fixed here: the messages of positions that are loaded, for the loader moves its checkpoint with the rows.
-- No row when $11 requests are open.
WITH loaded AS (
    SELECT coalesce(jsonb_object_agg(journal_id, seq), '{}') AS upto
    FROM ingest_checkpoint
    WHERE consumer = 'loader'
),
counted AS (
    SELECT loaded.upto,
           (
               SELECT count(*)
               FROM quarantined_message AS message
               WHERE message.seq <= (loaded.upto ->> message.journal_id::text)::int8
                 AND ($1::text IS NULL OR message.code = $1)
                 AND ($2::text IS NULL OR message.source = $2)
                 AND ($3::text IS NULL OR message.sensor = $3)
                 AND ($4::timestamptz IS NULL OR message.received_at >= $4)
                 AND ($5::timestamptz IS NULL OR message.received_at < $5)
                 AND ($6::int2 IS NULL
                      OR (message.journal_id, message.seq, message.item) = ($6, $7::int8, $8::int2))
           ) AS messages
    FROM loaded
)
INSERT INTO quarantine_replay (
    code, source, sensor, received_from, received_to, journal_id, seq, item, requested_by, requested_at, requested, upto,
    finished_at
)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9::text, $10::timestamptz, messages, upto,
       CASE WHEN messages = 0 THEN $10::timestamptz END
FROM counted
WHERE (SELECT count(*) FROM quarantine_replay WHERE finished_at IS NULL) < $11
RETURNING id, code, source, sensor, received_from, received_to, journal_id, seq, item, requested_by, requested_at, taken_at,
    finished_at, requested, replayed, failed
