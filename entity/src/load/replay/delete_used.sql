-- By the primary key.
DELETE FROM quarantined_message AS message
USING unnest($1::int2[], $2::int8[], $3::int2[]) AS used (journal_id, seq, item)
WHERE message.journal_id = used.journal_id AND message.seq = used.seq AND message.item = used.item
