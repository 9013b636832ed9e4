-- $1 to $8 are null for any.
SELECT count(*)
FROM quarantined_message AS message
WHERE ($1::text IS NULL OR message.code = $1)
  AND ($2::text IS NULL OR message.source = $2)
  AND ($3::text IS NULL OR message.sensor = $3)
  AND ($4::timestamptz IS NULL OR message.received_at >= $4)
  AND ($5::timestamptz IS NULL OR message.received_at < $5)
  AND ($6::int2 IS NULL OR (message.journal_id, message.seq, message.item) = ($6, $7::int8, $8::int2))
