-- One row. By the primary key of rollup_dirty (bucket, id) and the index of rollup_due on (width_seconds, noted_at). Of a
-- backlog, the beginning is enough: the refresher takes it in the same order.
SELECT (
           SELECT min(greatest(noted_at, bucket + INTERVAL '1 minute'))
           FROM (SELECT noted_at, bucket FROM rollup_dirty ORDER BY bucket, id LIMIT 20000) AS oldest
       ),
       (
           SELECT min(greatest(noted_at, bucket + INTERVAL '1 hour'))
           FROM (SELECT noted_at, bucket FROM rollup_due WHERE width_seconds = 3600 ORDER BY noted_at LIMIT 50000) AS oldest
       ),
       (
           SELECT min(greatest(noted_at, bucket + INTERVAL '24 hours'))
           FROM (SELECT noted_at, bucket FROM rollup_due WHERE width_seconds = 86400 ORDER BY noted_at LIMIT 50000) AS oldest
       )
