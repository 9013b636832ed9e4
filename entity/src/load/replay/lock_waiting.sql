-- In the order of the key, so that two ingestors wait for each other in one direction; a row that another one dealt with
-- meanwhile is gone, or was tried for this request.
SELECT message.journal_id, message.seq, message.item
FROM quarantined_message AS message
WHERE (message.journal_id, message.seq, message.item) IN (
          SELECT journal_id, seq, item FROM unnest($2::int2[], $3::int8[], $4::int2[]) AS asked (journal_id, seq, item)
      )
  AND coalesce(message.tried_by, 0) < $1
ORDER BY message.journal_id, message.seq, message.item
FOR UPDATE OF message
