-- Only the row that was read: one that changed since is left alone, and the caller tries again.
UPDATE reading
SET value = $5, flag = $6, received_at = $7, seq = $8, journal_id = $9
WHERE sensor_id = $1 AND time = $2 AND seq = $3 AND journal_id = $4
