SELECT id, code, source, sensor, received_from, received_to, journal_id, seq, item, requested_by, requested_at, taken_at,
    finished_at, requested, replayed, failed
FROM quarantine_replay
WHERE id = $1
