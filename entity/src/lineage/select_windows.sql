-- The hours whose segments, by the receipt of their first message in [$1, $2), do not add up, and all hours from $3 on.
-- Positions have no gaps, so what lies between two segments is missing on S3.
WITH placed AS (
    SELECT journal_id,
           first_seq,
           first_received_at,
           messages,
           decoded,
           quarantined,
           readings_new + readings_duplicate + readings_conflicting + readings_refused AS readings,
           greatest(first_seq - 1 - lag(last_seq) OVER (PARTITION BY journal_id ORDER BY first_seq), 0) AS skipped
    FROM segment
    WHERE first_received_at >= $1 AND first_received_at < $2
),
-- Sensor lists are messages without readings. Each to its segment by the primary key (journal_id, first_seq). Clocks may
-- have gone back within a segment.
listed AS (
    SELECT holder.journal_id, holder.first_seq, count(*) AS lists
    FROM sensor_list
    CROSS JOIN LATERAL (
        SELECT segment.journal_id, segment.first_seq
        FROM segment
        WHERE segment.journal_id = sensor_list.journal_id AND segment.first_seq <= sensor_list.seq
        ORDER BY segment.first_seq DESC
        LIMIT 1
    ) AS holder
    WHERE sensor_list.received_at >= $1 - INTERVAL '1 day'
    GROUP BY holder.journal_id, holder.first_seq
),
hourly AS (
    SELECT date_bin('1 hour', placed.first_received_at, '2000-01-01 00:00:00+00') AS hour,
           sum(placed.messages) AS messages,
           coalesce(sum(placed.skipped), 0) AS skipped,
           sum(placed.decoded + placed.quarantined) AS loaded,
           sum(abs(placed.messages - placed.decoded - placed.quarantined)) AS astray,
           sum(placed.decoded) AS decoded,
           sum(placed.decoded - coalesce(listed.lists, 0)) AS expected,
           -- A message may come to bring several readings.
           sum(greatest(placed.decoded - coalesce(listed.lists, 0) - placed.readings, 0)) AS unstored
    FROM placed
    LEFT JOIN listed ON listed.journal_id = placed.journal_id AND listed.first_seq = placed.first_seq
    GROUP BY hour
)
SELECT hour, messages::int8, skipped::int8, loaded::int8, astray::int8, decoded::int8, expected::int8, unstored::int8
FROM hourly
WHERE hour >= $3 OR skipped > 0 OR astray > 0 OR unstored > 0
ORDER BY hour
