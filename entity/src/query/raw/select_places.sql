-- By the primary key of segment (journal_id, first_seq), backwards: one probe a message. A segment that is not archived yet
-- has no last_seq.
SELECT asked.journal_id, asked.seq, journal.uuid, segment.object_key
FROM unnest($1::int2[], $2::int8[]) AS asked (journal_id, seq)
JOIN journal ON journal.id = asked.journal_id
LEFT JOIN LATERAL (
    SELECT nearest.object_key
    FROM (
        SELECT segment.object_key, segment.last_seq
        FROM segment
        WHERE segment.journal_id = asked.journal_id AND segment.first_seq <= asked.seq
        ORDER BY segment.first_seq DESC
        LIMIT 1
    ) AS nearest
    WHERE nearest.last_seq >= asked.seq
) AS segment ON true
