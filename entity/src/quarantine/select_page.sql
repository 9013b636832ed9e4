-- By the index on received_at, backwards. $1 to $8 are null for any. A message waits while an open request is about it that
-- has not come to it: then tried_by is another, older one.
SELECT message.journal_id, message.seq, message.item, journal.uuid, message.received_at, message.source, message.topic,
       message.sensor, message.code, message.reason, octet_length(message.payload)::int8,
       message.payload_size, message.tried_at,
       EXISTS (
           SELECT
           FROM quarantine_replay AS request
           WHERE request.finished_at IS NULL
             AND request.id > coalesce(message.tried_by, 0)
             AND message.seq <= (request.upto ->> message.journal_id::text)::int8
             AND (request.code IS NULL OR message.code = request.code)
             AND (request.source IS NULL OR message.source = request.source)
             AND (request.sensor IS NULL OR message.sensor = request.sensor)
             AND (request.received_from IS NULL OR message.received_at >= request.received_from)
             AND (request.received_to IS NULL OR message.received_at < request.received_to)
             AND (request.seq IS NULL
                  OR (message.journal_id, message.seq, message.item) = (request.journal_id, request.seq, request.item))
       )
FROM quarantined_message AS message
JOIN journal ON journal.id = message.journal_id
WHERE ($1::text IS NULL OR message.code = $1)
  AND ($2::text IS NULL OR message.source = $2)
  AND ($3::text IS NULL OR message.sensor = $3)
  AND ($4::timestamptz IS NULL OR message.received_at >= $4)
  AND ($5::timestamptz IS NULL OR message.received_at < $5)
  AND ($6::int2 IS NULL OR (message.journal_id, message.seq, message.item) = ($6, $7::int8, $8::int2))
  AND ($9::timestamptz IS NULL
       OR (message.received_at, message.journal_id, message.seq, message.item) < ($9, $10::int2, $11::int8, $12::int2))
ORDER BY message.received_at DESC, message.journal_id DESC, message.seq DESC, message.item DESC
LIMIT $13
