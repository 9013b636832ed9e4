-- Two ingestors may meet the same new journal; the second finds it.
INSERT INTO journal (uuid, first_seen_at)
VALUES ($1, $2)
ON CONFLICT (uuid) DO NOTHING
