-- What was followed by another change not after $1 says nothing of the time since; what is in force always stays. Reads the
-- whole table, which is bounded, once an hour.
DELETE FROM freshness_change
USING (
    SELECT id,
           lead(changed_at) OVER (PARTITION BY sensor_id, dataset ORDER BY id) AS followed_at,
           row_number() OVER (PARTITION BY sensor_id, dataset ORDER BY id DESC) AS place
    FROM freshness_change
) AS ranked
WHERE freshness_change.id = ranked.id AND (ranked.followed_at <= $1 OR ranked.place > $2)
