-- Open ones stay. Reads the whole table, which is bounded, once an hour.
DELETE FROM incident
USING (
    SELECT id, row_number() OVER (ORDER BY ended_at DESC, id) AS place
    FROM incident
    WHERE ended_at IS NOT NULL
) AS ranked
WHERE incident.id = ranked.id AND (incident.ended_at < $1 OR ranked.place > $2)
