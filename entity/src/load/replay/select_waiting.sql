-- By the primary key (journal_id, seq, item), behind the place $3 to $5 where it is given. Its segment, and the object that
-- holds it, by the primary key (journal_id, first_seq), backwards.
SELECT message.journal_id, message.seq, message.item, journal.uuid, message.received_at, message.source, message.sensor,
       message.code, message.payload, message.payload_size,
       CASE WHEN segment.last_seq >= message.seq THEN segment.object_key END,
       message.counted_sensor_id, message.counted_hour, coalesce(segment.first_seq, message.seq), message.topic,
       message.imported
FROM quarantine_replay AS request
JOIN quarantined_message AS message
    ON coalesce(message.tried_by, 0) < request.id
    AND message.seq <= (request.upto ->> message.journal_id::text)::int8
    AND (request.code IS NULL OR message.code = request.code)
    AND (request.source IS NULL OR message.source = request.source)
    AND (request.sensor IS NULL OR message.sensor = request.sensor)
    AND (request.received_from IS NULL OR message.received_at >= request.received_from)
    AND (request.received_to IS NULL OR message.received_at < request.received_to)
    AND (request.seq IS NULL
         OR (message.journal_id, message.seq, message.item) = (request.journal_id, request.seq, request.item))
JOIN journal ON journal.id = message.journal_id
LEFT JOIN LATERAL (
    SELECT first_seq, last_seq, object_key
    FROM segment
    WHERE segment.journal_id = message.journal_id AND segment.first_seq <= message.seq
    ORDER BY first_seq DESC
    LIMIT 1
) AS segment ON true
WHERE request.id = $1
  AND message.source = ANY ($2::text[])
  AND ($3::int2 IS NULL OR (message.journal_id, message.seq, message.item) > ($3, $4::int8, $5::int2))
ORDER BY message.journal_id, message.seq, message.item
LIMIT $6
