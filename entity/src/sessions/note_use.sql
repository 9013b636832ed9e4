-- Another process may have noted it since.
UPDATE session SET seen_at = $2 WHERE sha256 = $1 AND seen_at <= $3
