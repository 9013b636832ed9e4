-- A row for each journal: how far loader and archive have come in it, and what its segments add up to. Reads all of
-- segment: one row a minute and ingestor.
SELECT journal.id,
       coalesce(reached.seq, 0),
       coalesce(told.last_seq, 0),
       coalesce(told.last_received_at, journal.first_seen_at),
       coalesce(told.archived, 0)::int8,
       coalesce(told.decoded, 0)::int8,
       coalesce(told.quarantined, 0)::int8,
       coalesce(told.readings_new, 0)::int8,
       coalesce(told.readings_duplicate, 0)::int8,
       coalesce(told.readings_conflicting, 0)::int8,
       coalesce(told.readings_refused, 0)::int8,
       coalesce(told.astray, 0)::int8
FROM journal
LEFT JOIN ingest_checkpoint AS reached ON reached.journal_id = journal.id AND reached.consumer = 'loader'
LEFT JOIN (
    SELECT segment.journal_id,
           max(segment.last_seq) AS last_seq,
           max(segment.last_received_at) AS last_received_at,
           sum(segment.messages) AS archived,
           sum(segment.decoded) AS decoded,
           sum(segment.quarantined) AS quarantined,
           sum(segment.readings_new) AS readings_new,
           sum(segment.readings_duplicate) AS readings_duplicate,
           sum(segment.readings_conflicting) AS readings_conflicting,
           sum(segment.readings_refused) AS readings_refused,
           -- What the loader has not come to yet is on its way.
           sum(abs(segment.messages - segment.decoded - segment.quarantined))
               FILTER (WHERE segment.last_seq <= loader.seq) AS astray
    FROM segment
    LEFT JOIN ingest_checkpoint AS loader ON loader.journal_id = segment.journal_id AND loader.consumer = 'loader'
    GROUP BY segment.journal_id
) AS told ON told.journal_id = journal.id
ORDER BY journal.id
