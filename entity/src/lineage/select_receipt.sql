-- Not later than this was a message of the journal $1 behind the position $2 received; null where nothing tells. By the
-- primary keys (journal_id, seq), and by time: of the first segment behind it that has readings, one at either end of its times.
SELECT least(
    (
        SELECT received_at
        FROM quarantined_message
        WHERE journal_id = $1 AND seq > $2
        ORDER BY seq
        LIMIT 1
    ),
    (
        SELECT received_at
        FROM sensor_list
        WHERE journal_id = $1 AND seq > $2
        ORDER BY seq
        LIMIT 1
    ),
    (
        SELECT min(reading.received_at)
        FROM (
            SELECT time_min, time_max
            FROM segment
            WHERE journal_id = $1 AND first_seq > $2 AND time_min IS NOT NULL
            ORDER BY first_seq
            LIMIT 1
        ) AS first
        JOIN reading ON reading.time IN (first.time_min, first.time_max)
        WHERE reading.journal_id = $1 AND reading.seq > $2
    )
)
