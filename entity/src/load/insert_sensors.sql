-- Another loader may register the same ones at the same moment: this waits for it, and its rows stay.
INSERT INTO sensor (uuid, source, name, declared, active_since)
SELECT uuid, source, name, false, registered_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) WITH ORDINALITY
    AS new (uuid, source, name, registered_at, position)
ORDER BY position
ON CONFLICT DO NOTHING
