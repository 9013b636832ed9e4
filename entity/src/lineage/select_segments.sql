-- Segments on S3 by the receipt of their first message in [$1, $2), the newest first; with $3 those alone that don't add up.
-- One that the loader has not come past yet is neither right nor wrong.
WITH placed AS (
    SELECT segment.*,
           journal.uuid,
           coalesce(checkpoint.seq >= segment.last_seq, false) AS is_loaded,
           -- Sensor lists are messages without readings; found by the primary key (journal_id, seq).
           (SELECT count(*)
            FROM sensor_list
            WHERE sensor_list.journal_id = segment.journal_id
              AND sensor_list.seq BETWEEN segment.first_seq AND segment.last_seq) AS lists,
           segment.readings_new + segment.readings_duplicate + segment.readings_conflicting
               + segment.readings_refused AS readings
    FROM segment
    JOIN journal ON journal.id = segment.journal_id
    LEFT JOIN ingest_checkpoint AS checkpoint
        ON checkpoint.journal_id = segment.journal_id AND checkpoint.consumer = 'loader'
    WHERE segment.first_received_at >= $1 AND segment.first_received_at < $2
),
judged AS (
    SELECT placed.*,
           CASE WHEN is_loaded
               -- A message may come to bring several readings.
               THEN messages = decoded + quarantined AND readings >= decoded - lists
           END AS balanced
    FROM placed
)
SELECT uuid, first_seq, last_seq, messages, decoded, quarantined, readings_new, readings_duplicate, readings_conflicting,
       readings_refused, lists, balanced, object_key, bytes, bytes_compressed, first_received_at, last_received_at,
       archived_at
FROM judged
WHERE NOT $3 OR balanced IS FALSE
ORDER BY first_received_at DESC, journal_id DESC, first_seq DESC
LIMIT $4
