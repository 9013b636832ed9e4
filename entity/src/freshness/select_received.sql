-- One row. Segments by their primary key (journal_id, first_seq), backwards to the last one that is archived; the others by
-- their indexes on received_at. Sensor lists are few, and so are sensors, beside readings; $1: one whose first reading lies
-- behind it is not looked at until its time has come.
SELECT (
           SELECT max(newest.last_received_at)
           FROM journal
           CROSS JOIN LATERAL (
               SELECT segment.last_received_at
               FROM segment
               WHERE segment.journal_id = journal.id AND segment.last_received_at IS NOT NULL
               ORDER BY segment.first_seq DESC
               LIMIT 1
           ) AS newest
       ),
       (SELECT max(received_at) FROM quarantined_message),
       (SELECT max(received_at) FROM reading_conflict),
       (SELECT max(received_at) FROM sensor_list),
       (SELECT max(active_since) FROM sensor WHERE active_since <= $1)
