-- By the primary key, the newest first: a few hundred rows.
DELETE FROM freshness_watch
USING (SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM freshness_watch) AS ranked
WHERE freshness_watch.id = ranked.id AND (freshness_watch.ended_at < $1 OR ranked.place > $2)
