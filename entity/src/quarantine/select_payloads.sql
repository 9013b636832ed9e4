-- By the primary key.
SELECT message.journal_id, message.seq, message.item, message.payload
FROM unnest($1::int2[], $2::int8[], $3::int2[]) AS asked (journal_id, seq, item)
JOIN quarantined_message AS message
    ON message.journal_id = asked.journal_id AND message.seq = asked.seq AND message.item = asked.item
