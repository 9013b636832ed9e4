-- No row while a message waits, of whichever source.
UPDATE quarantine_replay AS request
SET finished_at = $2, taken_at = coalesce(request.taken_at, $2)
WHERE request.id = $1
  AND request.finished_at IS NULL
  AND NOT EXISTS (
      SELECT
      FROM quarantined_message AS message
      WHERE coalesce(message.tried_by, 0) < request.id
        AND message.seq <= (request.upto ->> message.journal_id::text)::int8
        AND (request.code IS NULL OR message.code = request.code)
        AND (request.source IS NULL OR message.source = request.source)
        AND (request.sensor IS NULL OR message.sensor = request.sensor)
        AND (request.received_from IS NULL OR message.received_at >= request.received_from)
        AND (request.received_to IS NULL OR message.received_at < request.received_to)
        AND (request.seq IS NULL
             OR (message.journal_id, message.seq, message.item) = (request.journal_id, request.seq, request.item))
  )
