INSERT INTO sensor_list (journal_id, seq, received_at, source, sensors, sha256)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (journal_id, seq) DO NOTHING
