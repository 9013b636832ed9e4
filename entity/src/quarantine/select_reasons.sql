-- Each kind of trouble of each source, with its newest message, by the index on (code, received_at). $1 to $8 are null for any.
SELECT kind.code, kind.source, kind.count, kind.newest_at, newest.reason
FROM (
    SELECT code, source, count(*) AS count, max(received_at) AS newest_at
    FROM quarantined_message AS message
    WHERE ($1::text IS NULL OR message.code = $1)
      AND ($2::text IS NULL OR message.source = $2)
      AND ($3::text IS NULL OR message.sensor = $3)
      AND ($4::timestamptz IS NULL OR message.received_at >= $4)
      AND ($5::timestamptz IS NULL OR message.received_at < $5)
      AND ($6::int2 IS NULL OR (message.journal_id, message.seq, message.item) = ($6, $7::int8, $8::int2))
    GROUP BY code, source
) AS kind
CROSS JOIN LATERAL (
    SELECT message.reason
    FROM quarantined_message AS message
    WHERE message.code = kind.code AND message.source = kind.source AND message.received_at = kind.newest_at
      AND ($3::text IS NULL OR message.sensor = $3)
      AND ($6::int2 IS NULL OR (message.journal_id, message.seq, message.item) = ($6, $7::int8, $8::int2))
    ORDER BY message.journal_id DESC, message.seq DESC, message.item DESC
    LIMIT 1
) AS newest
ORDER BY kind.count DESC, kind.code, kind.source
LIMIT $9
