INSERT INTO quality_progress (window_seconds, closed_until)
VALUES ($1, $2)
ON CONFLICT (window_seconds) DO UPDATE SET closed_until = excluded.closed_until
