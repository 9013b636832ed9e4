-- The last closed window is measured when nothing of it is due that was never measured. It never goes back. Where nothing is
-- new, nothing is written.
UPDATE quality_progress
SET changes = changes + $2,
    measured_until = CASE
        WHEN EXISTS (
            SELECT FROM quality_due AS due
            WHERE due.window_seconds = $1
              AND due.window_start = quality_progress.closed_until - $1 * INTERVAL '1 second'
              AND NOT EXISTS (
                  SELECT FROM quality_measurement AS measured
                  WHERE measured.sensor_id = due.sensor_id
                    AND measured.window_seconds = $1
                    AND measured.window_start = due.window_start
              )
        ) THEN measured_until
        ELSE closed_until
    END
WHERE window_seconds = $1 AND ($2 > 0 OR measured_until IS DISTINCT FROM closed_until)
